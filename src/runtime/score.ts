import { WinnowError } from '../../schemas/errors.ts';
import type { Asking, Prefix, Score, ScoreOperation } from '../operation.ts';
import { dependenceOf, kindOf, namedReward } from '../rewards/registry.ts';
import type { RunContext, RunState } from './context.ts';
import { drawnOnce } from './drawn-once.ts';

/** Who hears of scores: nobody again while what is asked comes from the log, nor of those that another reward asks for. */
export interface Hearing {
  readonly replaying: () => boolean;
  readonly nested: boolean;
}

/**
 * What a `score` asks for: each distinct text once where the reward reads texts alone, and nothing again in this run. A
 * reading that fails leaves its candidates without a score, with the reason; it never ends the run.
 */
export function* scoring(
  operation: ScoreOperation,
  context: RunContext,
  state: RunState,
  { replaying, nested }: Hearing,
): Asking<readonly Score[]> {
  const { candidates } = operation;
  const silent = nested || replaying();
  const dependence = dependenceOf(namedReward(operation.reward, context.rewardOptions, context.lookup));
  const scores =
    dependence === 'set'
      ? yield* scoreSet(operation, context, state)
      : yield* scoreDistinct(operation, dependence, context, state);
  if (!silent) for (const [place, { id }] of candidates.entries()) tell(operation.reward, id, scores[place]!, context);
  return scores;
}

function* scoreDistinct(
  operation: ScoreOperation,
  dependence: 'text' | 'candidate',
  context: RunContext,
  state: RunState,
): Asking<Score[]> {
  const prompt = JSON.stringify(operation.prompt);
  const { reward } = operation;
  // steps of equal texts are equal where the text tells them, and where tokens do they may not be
  const keys = operation.candidates.map(({ id, text, steps, stepOpen }) => {
    const read = stepOpen === undefined ? text : steps;
    return JSON.stringify(dependence === 'text' ? [reward, prompt, read] : [reward, prompt, read, id]);
  });
  const distinct = new Map(operation.candidates.map((candidate, place) => [keys[place]!, candidate]));
  const missing = [...distinct].filter(([key]) => !state.scores.has(key));
  const fresh = new Map<string, Score>();
  if (missing.length > 0) {
    const asked = missing.map(([, candidate]) => candidate);
    const scores = yield* scoreAll(operation, asked, context, state);
    for (const [place, [key]] of missing.entries()) fresh.set(key, scores[place]!);
    for (const [key, score] of fresh) if (score.ok) state.scores.set(key, score);
  }
  return keys.map((key) => fresh.get(key) ?? state.scores.get(key)!);
}

function* scoreSet(operation: ScoreOperation, context: RunContext, state: RunState): Asking<readonly Score[]> {
  const { reward, prompt, candidates } = operation;
  const key = JSON.stringify([reward, prompt, candidates.map(({ id }) => id)]);
  const known = state.sets.get(key);
  if (known) return known;
  const scores = yield* scoreAll(operation, candidates, context, state);
  if (scores.some(({ ok }) => ok)) state.sets.set(key, scores);
  return scores;
}

function* scoreAll(
  { reward, prompt }: ScoreOperation,
  candidates: readonly Prefix[],
  context: RunContext,
  state: RunState,
): Asking<readonly Score[]> {
  const { subject, rewardOptions, lookup } = context;
  const named = namedReward(reward, rewardOptions, lookup);
  const scores = yield* drawnOnce(kindOf(named.config).score({ ...named, prompt, candidates, subject }), state);
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
