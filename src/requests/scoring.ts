import type { Prompt } from '../../schemas/backend.ts';
import type { StepRule } from '../../schemas/step.ts';
import type { Account, Usage } from '../../schemas/usage.ts';
import { splitter } from '../answers/steps.ts';
import type { Ledger } from '../budget/ledger.ts';
import type { Asking, Prefix, Score } from '../operation.ts';
import { score } from '../operation.ts';

/** Texts that the caller brings, as candidates: their names are their places. */
export function brought(texts: readonly string[], rule: StepRule): Prefix[] {
  const split = splitter(rule);
  return texts.map((text, index) => ({ id: `0.${index}`, text, steps: split(text), tokenCount: 0 }));
}

/** Scores of the candidates by each reward, in their order. */
export function* scoreAll(
  prompt: Prompt,
  candidates: readonly Prefix[],
  rewards: readonly string[],
): Asking<Record<string, Score>[]> {
  const byCandidate: Record<string, Score>[] = candidates.map(() => ({}));
  for (const reward of rewards) {
    const scores = yield* score(reward, prompt, candidates);
    for (const [place, entry] of scores.entries()) byCandidate[place]![reward] = entry;
  }
  return byCandidate;
}

/** All scores failed for the same cause that a backend gave: there is nothing to show. */
export const nothingScored = (scores: readonly Record<string, Score>[]): boolean =>
  scores.every((byReward) => Object.values(byReward).every(({ ok }) => !ok));

/** What scoring alone costs: tokens that rewards read, and those that were sampled for them. */
export function rewardUsage(ledger: Ledger): Usage {
  const { rewards, promptTokens, completionTokens, cached } = ledger.account();
  const read = Object.values(rewards).reduce<number | null>((total, { tokens }) => plus(total, tokens), promptTokens);
  return {
    prompt_tokens: read,
    completion_tokens: completionTokens,
    total_tokens: plus(read, completionTokens),
    prompt_tokens_details: { cached_tokens: cached },
  };
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

export function rewardAccount(ledger: Ledger): Account {
  const { processed, cached, unique, judgeTokens, referenceTokens, rewards } = ledger.account();
  return {
    policy: { processed, cached, unique },
    chosen_tokens: 0,
    planner_tokens: 0,
    critic_tokens: 0,
    judge_tokens: judgeTokens,
    reference_tokens: referenceTokens,
    rewards,
    wasted_tokens: 0,
  };
}
