/** What a ledger says at the end, as an answer tells it. */
import type { WinnowError } from '../../schemas/errors.ts';
import { type Account, plus, type Usage } from '../../schemas/usage.ts';
import type { Ledger, RewardAccount } from '../budget/ledger.ts';

/** OpenAI's usage: everything that was sampled in the run. */
export const usage = (ledger: Ledger): Usage => usageOf(ledger, ledger.account().promptTokens);

/** What scoring alone costs: tokens that rewards read, and those that were sampled for them. */
export function rewardUsage(ledger: Ledger): Usage {
  const { promptTokens, rewards } = ledger.account();
  return usageOf(ledger, plus(promptTokens, tokensRead(rewards)));
}

function usageOf(ledger: Ledger, read: number | null): Usage {
  const { completionTokens, cached } = ledger.account();
  return {
    prompt_tokens: read,
    completion_tokens: completionTokens,
    total_tokens: plus(read, completionTokens),
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** Tokens that all rewards together have read. */
export const tokensRead = (rewards: Readonly<Record<string, Pick<RewardAccount, 'tokens'>>>): number | null =>
  Object.values(rewards).reduce<number | null>((sum, { tokens }) => plus(sum, tokens), 0);

/** @param candidates  tokens of the chosen candidate and of those that came to nothing; 0 where none was sampled to be chosen */
export function accountOf(ledger: Ledger, candidates: { chosen: number; wasted: number } = { chosen: 0, wasted: 0 }): Account {
  const spent = ledger.account();
  return {
    policy: { processed: spent.processed, cached: spent.cached, unique: spent.unique },
    chosen_tokens: candidates.chosen,
    planner_tokens: spent.plannerTokens,
    critic_tokens: spent.criticTokens,
    judge_tokens: spent.judgeTokens,
    reference_tokens: spent.referenceTokens,
    rewards: spent.rewards,
    wasted_tokens: candidates.wasted,
  };
}

/** A failure that was survived, as a warning. */
export const survivedWarning = (failure: WinnowError | undefined): string[] =>
  failure ? [`A backend failed on the way: ${failure.message}`] : [];
