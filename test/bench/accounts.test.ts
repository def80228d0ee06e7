import { expect, test } from 'vitest';
import { oddities } from '../../bench/accuracy/accounts.ts';
import type { RunAnswer } from '../../schemas/run.ts';

const candidate = (index: number, tokens: number, finish: 'stop' | 'budget' = 'stop') => ({
  id: `0.${index}`,
  index,
  finish_reason: finish,
  tokens,
  scores: { outcome: { ok: true as const, value: 1 } },
  text: 'Answer: 1',
});

/** Two candidates of 20 and 30 tokens behind a prompt of 12. */
const run: RunAnswer = {
  id: 'run_1',
  object: 'winnow.run',
  created: 1,
  model: 'puzzles',
  strategy: 'best_of_n',
  selection: { rule: 'argmax', degraded: false },
  complete: true,
  stop_reason: 'finished',
  choice: { id: '0.1', index: 1, message: { role: 'assistant', content: 'Answer: 1' }, finish_reason: 'stop', answer: null },
  candidates: [candidate(0, 20), candidate(1, 30)],
  usage: { prompt_tokens: 12, completion_tokens: 50, total_tokens: 62, prompt_tokens_details: { cached_tokens: 0 } },
  account: {
    policy: { processed: 60, cached: 0, unique: 60 },
    chosen_tokens: 30,
    planner_tokens: 0,
    critic_tokens: 0,
    judge_tokens: 0,
    reference_tokens: 0,
    rewards: { outcome: { calls: 1, candidates: 1, tokens: 80 } },
    wasted_tokens: 0,
  },
  budget: {
    limits: { max_candidates: 2, max_tokens: 50, max_time_ms: 60_000 },
    spent: { candidates: 2, tokens: 50, time_ms: 5 },
  },
  system_fingerprint: null,
  seed: 1,
  warnings: [],
  execution: 'edge',
  timing: { queue_ms: 0, generate_ms: 4, score_ms: 1, total_ms: 5, round_trips: 2, round_trips_saved: 0 },
};

test('an answer whose accounts add up has nothing odd', () => {
  expect(oddities(run)).toEqual([]);
  const policy = { processed: 46, cached: 14, unique: 60 };
  expect(oddities({ ...run, account: { ...run.account, policy } })).toEqual([]); // an earlier request left 14 of them
});

test.each<[string, Partial<RunAnswer>]>([
  ['the limit of tokens is kept', { budget: { ...run.budget, limits: { ...run.budget.limits, max_tokens: 49 } } }],
  ['the limit of candidates is kept', { budget: { ...run.budget, limits: { ...run.budget.limits, max_candidates: 1 } } }],
  ['budget.spent.tokens is usage', { budget: { ...run.budget, spent: { ...run.budget.spent, tokens: 49 } } }],
  ['total_tokens is', { usage: { ...run.usage, total_tokens: 61 } }],
  ['total_tokens is', { usage: { ...run.usage, prompt_tokens: null } }],
  ['chosen_tokens are its tokens', { account: { ...run.account, chosen_tokens: 20 } }],
  ['complete says', { choice: { ...run.choice, finish_reason: 'budget' } }],
  ['a cut candidate does not win', { complete: false, choice: { ...run.choice, finish_reason: 'budget' } }],
  [
    'every candidate was scored',
    { candidates: [{ ...candidate(0, 20), scores: { outcome: { ok: false, reason: 'NaN' } } }, candidate(1, 30)] },
  ],
  ['there is no warning', { warnings: ['odd'] }],
  ['the tokens of the candidates add up', { candidates: [candidate(0, 19), candidate(1, 30)] }],
  ['unique positions are prompt and tokens', { account: { ...run.account, policy: { processed: 60, cached: 0, unique: 59 } } }],
  ['unique positions are no more', { account: { ...run.account, policy: { processed: 59, cached: 0, unique: 60 } } }],
])('%s', (says, wrong) => {
  expect(oddities({ ...run, ...wrong }).join('\n')).toContain(says);
});
