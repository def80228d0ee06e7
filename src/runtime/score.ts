import type { ScoreRequest } from '../../schemas/backend.ts';
import type { RewardConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Prefix, Score, ScoreOperation } from '../operation.ts';
import { readScore } from '../rewards/registry.ts';
import type { RunContext, RunState } from './context.ts';
import { survive, untilDeadline } from './context.ts';

/**
 * Performs a `score`: each distinct text once, and never again in this run. A call that fails leaves its candidates without
 * a score, with the reason; it never ends the run.
 */
export async function scoreDistinct(operation: ScoreOperation, context: RunContext, state: RunState): Promise<Score[]> {
  const prompt = JSON.stringify(operation.prompt);
  const known = (text: string): string => JSON.stringify([operation.reward, prompt, text]);
  const distinct = new Map(operation.candidates.map((candidate) => [candidate.text, candidate]));
  const missing = [...distinct.values()].filter(({ text }) => !state.scores.has(known(text)));
  const fresh = new Map<string, Score>();
  if (missing.length > 0) {
    const scores = await callReward(operation, missing, context, state);
    for (const [place, { text }] of missing.entries()) fresh.set(text, scores[place]!);
    for (const [text, score] of fresh) if (score.ok) state.scores.set(known(text), score);
  }
  return operation.candidates.map((candidate) => {
    const score = fresh.get(candidate.text) ?? state.scores.get(known(candidate.text))!;
    tell(operation.reward, candidate.id, score, context);
    return score;
  });
}

async function callReward(
  operation: ScoreOperation,
  candidates: readonly Prefix[],
  context: RunContext,
  state: RunState,
): Promise<Score[]> {
  const reward = context.rewards[operation.reward]!;
  const failed = (reason: string): Score[] => candidates.map(() => ({ ok: false, reason }));
  if (context.deadline.leftMs < 1) {
    state.stop ??= 'max_time';
    return failed('deadline_exceeded');
  }
  try {
    const { scores, usage } = await context
      .port(reward.backend)
      .score(scoreRequest(operation, reward, candidates, context, state), untilDeadline(context));
    context.ledger.countReward(operation.reward, usage.calls, usage.candidates, usage.tokens);
    // never zip to the shorter: with one missing, no number can be trusted to be its candidate's
    if (scores.length !== candidates.length) {
      state.failure = wrongCount(scores.length, candidates.length);
      return failed(state.failure.code);
    }
    const { reductions } = context;
    const reduction = Object.hasOwn(reductions, operation.reward) ? reductions[operation.reward] : undefined;
    return scores.map((raw) => readScore(raw, reward, reduction));
  } catch (error) {
    const failure = survive(error, context, state);
    if (failure.code === 'deadline_exceeded') state.stop ??= 'max_time';
    context.ledger.countReward(operation.reward, 1, 0, failure.mayHaveSpent ? null : 0);
    return failed(failure.code);
  }
}

const wrongCount = (scores: number, candidates: number): WinnowError =>
  new WinnowError('backend_error', `The backend answered ${scores} scores for ${candidates} candidates.`);

function scoreRequest(
  operation: ScoreOperation,
  reward: RewardConfig,
  candidates: readonly Prefix[],
  context: RunContext,
  state: RunState,
): ScoreRequest {
  return {
    key: `${context.id}:${state.operations}`,
    model: reward.model,
    prompt: operation.prompt,
    candidates: candidates.map(({ id, text, steps }) =>
      reward.kind === 'process' ? { id, text, steps: [...steps] } : { id, text },
    ),
    deadline_ms: Math.max(1, Math.floor(context.deadline.leftMs)),
  };
}

function tell(reward: string, id: string, score: Score, { listen }: RunContext): void {
  const { steps, ...rest } = score.ok ? score : { ...score, steps: undefined };
  listen({ name: 'score', data: { id, reward, ...rest, ...(steps ? { steps: [...steps] } : {}) } });
}
