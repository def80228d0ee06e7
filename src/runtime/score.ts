import { WinnowError } from '../../schemas/errors.ts';
import type { Asking, Prefix, Score, ScoreOperation } from '../operation.ts';
import { dependenceOf, kindOf, namedReward } from '../rewards/registry.ts';
import type { RunContext, RunState } from './context.ts';

/**
 * What a `score` asks for: each distinct text once, and never again in this run, where the reward reads texts alone. A
 * reading that fails leaves its candidates without a score, with the reason; it never ends the run.
 *
 * @param replaying  whether what is asked comes from the log: then nobody is told again
 */
export function* scoring(
  operation: ScoreOperation,
  context: RunContext,
  state: RunState,
  replaying: () => boolean,
): Asking<readonly Score[]> {
  const { candidates } = operation;
  const wasReplaying = replaying();
  const named = namedReward(operation.reward, context.rewardOptions, context.lookup);
  const scores =
    dependenceOf(named) === 'text'
      ? yield* scoreDistinct(operation, context, state)
      : yield* scoreAll(operation, candidates, context, state);
  if (!wasReplaying) for (const [place, { id }] of candidates.entries()) tell(operation.reward, id, scores[place]!, context);
  return scores;
}

function* scoreDistinct(operation: ScoreOperation, context: RunContext, state: RunState): Asking<Score[]> {
  const prompt = JSON.stringify(operation.prompt);
  const known = (text: string): string => JSON.stringify([operation.reward, prompt, text]);
  const distinct = new Map(operation.candidates.map((candidate) => [candidate.text, candidate]));
  const missing = [...distinct.values()].filter(({ text }) => !state.scores.has(known(text)));
  const fresh = new Map<string, Score>();
  if (missing.length > 0) {
    const scores = yield* scoreAll(operation, missing, context, state);
    for (const [place, { text }] of missing.entries()) fresh.set(text, scores[place]!);
    for (const [text, score] of fresh) if (score.ok) state.scores.set(known(text), score);
  }
  return operation.candidates.map(({ text }) => fresh.get(text) ?? state.scores.get(known(text))!);
}

function* scoreAll(
  { reward, prompt }: ScoreOperation,
  candidates: readonly Prefix[],
  context: RunContext,
  state: RunState,
): Asking<readonly Score[]> {
  const { subject, rewardOptions, lookup } = context;
  const named = namedReward(reward, rewardOptions, lookup);
  const scores = yield* kindOf(named.config).score({ ...named, prompt, candidates, subject });
  if (scores.length === candidates.length) return scores;
  // never zip to the shorter: with one missing, no number can be trusted to be its candidate's
  const message = `The backend answered ${scores.length} scores for ${candidates.length} candidates.`;
  state.failure = new WinnowError('backend_error', message);
  return candidates.map(() => ({ ok: false, reason: 'backend_error' }));
}

function tell(reward: string, id: string, score: Score, { listen }: RunContext): void {
  const { detail: _, ...rest } = score;
  listen({ name: 'score', data: { id, reward, ...rest, ...(rest.ok && rest.steps ? { steps: [...rest.steps] } : {}) } as never });
}
