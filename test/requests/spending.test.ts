import { expect, test } from 'vitest';
import { Ledger } from '../../src/budget/ledger.ts';
import { accountOf, rewardUsage, survivedWarning, tokensRead, usage } from '../../src/requests/spending.ts';

/** A judge that read 10 tokens and wrote 5, and a reward that read 7 and then as many as `tokens`. */
function scored(tokens: number | null): Ledger {
  const ledger = new Ledger({ max_candidates: 4, max_tokens: 100, max_time_ms: 1000 });
  ledger.settle(ledger.reserve('judge', 20), 5);
  ledger.countCall('judge', 'question', { promptTokens: 10, processed: 14, cached: 2 });
  ledger.countReward('outcome', 1, 1, 7);
  ledger.countReward('outcome', 1, 1, tokens);
  return ledger;
}

test('what scoring used is what was asked of judges and what rewards read; a run’s usage is without that', () => {
  const details = { prompt_tokens_details: { cached_tokens: 2 } };
  expect(rewardUsage(scored(3))).toEqual({ prompt_tokens: 20, completion_tokens: 5, total_tokens: 25, ...details });
  expect(usage(scored(3))).toEqual({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...details });
});

test('with an unknown part a sum is unknown, never less', () => {
  expect(rewardUsage(scored(null))).toMatchObject({ prompt_tokens: null, completion_tokens: 5, total_tokens: null });
  expect(tokensRead({ a: { tokens: 3 }, b: { tokens: null } })).toBeNull();
  expect(tokensRead({})).toBe(0);
});

test('an account tells tokens by role; of candidates only where some were sampled', () => {
  expect(accountOf(scored(3))).toEqual({
    policy: { processed: 14, cached: 2, unique: 15 },
    chosen_tokens: 0,
    planner_tokens: 0,
    critic_tokens: 0,
    judge_tokens: 5,
    reference_tokens: 0,
    rewards: { outcome: { calls: 2, candidates: 2, tokens: 10 } },
    wasted_tokens: 0,
  });
  expect(accountOf(scored(3), { chosen: 8, wasted: 4 })).toMatchObject({ chosen_tokens: 8, wasted_tokens: 4 });
});

test('nothing that failed is no warning', () => {
  expect(survivedWarning(undefined)).toEqual([]);
});
