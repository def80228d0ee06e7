/** What is true of every answer of a run, whatever was asked: sums, limits, and who may win. */
import { expect } from 'vitest';
import type { RunAnswer } from '../../schemas/run.ts';

export function expectAccounts(run: RunAnswer): void {
  const { usage, account, budget, timing, candidates = [], choice } = run;
  const { limits, spent } = budget;
  expect(usage.total_tokens).toBe(usage.prompt_tokens! + usage.completion_tokens!);
  expect(spent.tokens).toBe(usage.completion_tokens);
  expect(spent.tokens).toBeLessThanOrEqual(limits.max_tokens);
  expect(spent.candidates).toBeLessThanOrEqual(limits.max_candidates);
  expect(spent.time_ms).toBe(timing.total_ms);
  expect(timing.queue_ms + timing.generate_ms + timing.score_ms).toBeLessThanOrEqual(timing.total_ms + 3); // each is rounded
  expect(account.policy.unique!).toBeLessThanOrEqual(account.policy.processed! + account.policy.cached!);
  expect(account.wasted_tokens).toBeLessThanOrEqual(spent.tokens);
  expect(account.planner_tokens + account.critic_tokens + account.judge_tokens + account.reference_tokens).toBeLessThanOrEqual(
    spent.tokens,
  );
  expect(run.warnings).toEqual([]);
  expect(run.complete).toBe(choice.finish_reason === 'stop');
  if (!run.candidates) return;
  expect(candidates.map(({ index }) => index)).toEqual(candidates.map((_, place) => place));
  expect(new Set(candidates.map(({ id }) => id)).size).toBe(candidates.length);
  const chosen = candidates[choice.index]!;
  expect(chosen).toMatchObject({ id: choice.id, finish_reason: choice.finish_reason, tokens: account.chosen_tokens });
  const finished = candidates.filter((candidate) => candidate.finish_reason === 'stop');
  if (finished.length > 0) expect(finished).toContain(chosen);
}

/** What one round of whole candidates adds: each token is one candidate's, and the prompt was read once, now or earlier. */
export function expectOneRound(run: RunAnswer): void {
  const { usage, account, candidates = [] } = run;
  expect(candidates.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(usage.completion_tokens);
  expect(run.budget.spent.candidates).toBe(candidates.length);
  expect(account.policy.unique).toBe(usage.prompt_tokens! + usage.completion_tokens! - candidates.length);
  expect(account.policy.processed! + account.policy.cached!).toBe(account.policy.unique);
  expect(account.wasted_tokens).toBe(0);
}

/** `argmax` by one reward: the best score among those that may win; fewer tokens, then the lower index, on a tie. */
export function expectBestScore({ candidates = [], choice }: RunAnswer, reward: string): void {
  const value = (candidate: (typeof candidates)[number]) => {
    const score = candidate.scores[reward];
    return score?.ok ? score.value : Number.NEGATIVE_INFINITY;
  };
  const finished = candidates.filter((candidate) => candidate.finish_reason === 'stop');
  const mayWin = finished.length > 0 ? finished : candidates;
  const [best] = mayWin.toSorted((a, b) => value(b) - value(a) || a.tokens - b.tokens || a.index - b.index);
  expect(best?.id).toBe(choice.id);
}
