import { expect, test } from 'vitest';
import { runAnswer as schema } from '../../schemas/run.ts';
import { bestFirst, inOrder, planAnswer, runAnswer } from '../../src/requests/answer.ts';
import { usage } from '../../src/requests/spending.ts';
import type { Ended } from './finished.ts';
import { finished, scored } from './finished.ts';

const pool = [scored('0.0', 'low', 1), scored('0.1', 'high', 3), scored('0.2', 'cut', null, { finish: 'length', scores: {} })];
const answer = (more: Partial<Ended> = {}) => runAnswer(finished({ pool, ranking: [1, 0], ...more }));

test('the whole answer is what its schema says', () => {
  const body = answer();
  expect(schema.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    id: 'run_0123',
    object: 'winnow.run',
    created: 1_790_000_000,
    model: 'writer',
    strategy: 'best_of_n',
    selection: { rule: 'argmax', degraded: false },
    complete: true,
    stop_reason: 'finished',
    choice: { id: '0.1', index: 1, message: { role: 'assistant', content: 'high' }, finish_reason: 'stop', answer: null },
    seed: 3,
    system_fingerprint: 'fp_a_b',
    warnings: [],
  });
});

test('candidates come by index, with their scores; failed scores with their reasons', () => {
  expect(
    answer({
      pool: [scored('0.1', 'b', null), scored('0.0', 'a', 2)],
      ranking: [1, 0],
      more: {
        indexes: new Map([
          ['0.0', 0],
          ['0.1', 1],
        ]),
      },
    }).candidates,
  ).toEqual([
    { id: '0.0', index: 0, finish_reason: 'stop', tokens: 1, scores: { outcome: { ok: true, value: 2 } } },
    { id: '0.1', index: 1, finish_reason: 'stop', tokens: 1, scores: { outcome: { ok: false, reason: 'failed' } } },
  ]);
});

test.each([
  { candidates: 'none' as const, keys: undefined },
  { candidates: 'scores' as const, keys: ['id', 'index', 'finish_reason', 'tokens', 'scores'] },
  { candidates: 'all' as const, keys: ['id', 'index', 'finish_reason', 'tokens', 'scores', 'text', 'answer', 'steps'] },
])('return.candidates "$candidates" shows $keys', ({ candidates, keys }) => {
  const [first] = answer({ request: { returns: { candidates, tree: false } } }).candidates ?? [];
  expect(first && Object.keys(first)).toEqual(keys);
});

test('`all` tells each step with its scores, and the answer that the extractor reads', () => {
  const process = { ok: true as const, value: 0.2, steps: [0.9, 0.2] };
  const one = scored('0.0', 'two and two\nis 4', 1, { scores: { process, outcome: { ok: true, value: 1 } } });
  const request = { model: 'voter', returns: { candidates: 'all' as const, tree: false } };
  const body = answer({ pool: [one], ranking: [0], request });
  expect(body.candidates![0]).toMatchObject({
    text: 'two and two\nis 4',
    answer: '4',
    steps: [
      { text: 'two and two\n', scores: { process: 0.9 } },
      { text: 'is 4', scores: { process: 0.2 } },
    ],
  });
  expect(body.choice.answer).toBe('4');
});

test('a step that was left out has no score, and those after it keep theirs', () => {
  const process = { ok: true as const, value: 0.2, steps: [null, 0.2] };
  const one = scored('0.0', 'two\nis 4', 1, { scores: { process } });
  const body = answer({ pool: [one], ranking: [0], request: { returns: { candidates: 'all' as const, tree: false } } });
  expect(body.candidates![0]).toMatchObject({
    scores: { process: { steps: [null, 0.2] } },
    steps: [
      { text: 'two\n', scores: {} },
      { text: 'is 4', scores: { process: 0.2 } },
    ],
  });
  expect(body.candidates![0]!.steps![0]!.scores).toEqual({});
});

test('open prefixes of a search never became answers: they follow the numbered ones, cut by the budget', () => {
  const open = [
    scored('0.0', 'a', 1, { finish: 'step' }),
    scored('0.1', 'b', 2, { finish: 'step' }),
    scored('0.1.4', 'bc', 3, { finish: 'budget' }),
  ];
  const body = answer({ pool: open, ranking: [2, 1, 0], more: { indexes: new Map([['0.1.4', 0]]), stop: 'max_tokens' } });
  expect(body.candidates!.map(({ id, index, finish_reason }) => [id, index, finish_reason])).toEqual([
    ['0.1.4', 0, 'budget'],
    ['0.0', 1, 'budget'],
    ['0.1', 2, 'budget'],
  ]);
  expect(body).toMatchObject({ complete: false, stop_reason: 'max_tokens', choice: { finish_reason: 'budget' } });
});

test('a strategy’s own reason to stop comes before that of a sample', () => {
  const ended = finished({ pool, ranking: [1, 0], more: { stop: 'max_tokens' } });
  expect(runAnswer({ ...ended, outcome: { ...ended.outcome, stop: 'converged' } }).stop_reason).toBe('converged');
});

test('the account is the ledger’s; what failed or was not chosen from is wasted', () => {
  const ended = finished({ pool: [...pool, scored('0.3', '', null, { finish: 'error', reason: 'missing' })], ranking: [1, 0] });
  const { ledger } = ended;
  ledger.settle(ledger.reserve('policy', 100), 60);
  ledger.countCall('policy', 'question', { promptTokens: 5, processed: 61, cached: 2 });
  ledger.countReward('outcome', 1, 2, 33);
  for (const [id, tokens] of [
    ['0.0', 20],
    ['0.3', 15],
    ['0.9', 5],
  ] as const)
    ledger.wrote(id, tokens);
  const body = runAnswer(ended);
  expect(body.usage).toEqual({
    prompt_tokens: 5,
    completion_tokens: 60,
    total_tokens: 65,
    prompt_tokens_details: { cached_tokens: 2 },
  });
  expect(body.account).toEqual({
    policy: { processed: 61, cached: 2, unique: 65 },
    chosen_tokens: 4,
    planner_tokens: 0,
    critic_tokens: 0,
    judge_tokens: 0,
    reference_tokens: 0,
    rewards: { outcome: { calls: 1, candidates: 2, tokens: 33 } },
    wasted_tokens: 20,
  });
  expect(body.budget).toMatchObject({ limits: { max_tokens: 2000 }, spent: { candidates: 0, tokens: 60, time_ms: 7 } });
  expect(body.candidates!.at(-1)).toMatchObject({ finish_reason: 'error', reason: 'missing' });
});

test('what a lost call sampled is null with a warning, never 0 (api.md 2)', () => {
  const ended = finished({ pool, ranking: [1, 0], more: { warnings: ['It broke off.'] } });
  ended.ledger.settleUnknown(ended.ledger.reserve('policy', 50), 20);
  const body = runAnswer(ended);
  expect(usage(ended.ledger)).toMatchObject({ completion_tokens: null, total_tokens: null });
  expect(body.budget.spent.tokens).toBe(50);
  expect(body.warnings).toEqual(['It broke off.', expect.stringContaining('30 tokens')]);
  expect(schema.safeParse(body).success).toBe(true);
});

test('without fingerprints there is none', () => {
  expect(answer({ more: { fingerprints: [] } }).system_fingerprint).toBeNull();
});

test('best first: the ranking, then the others by index; failed ones never', () => {
  const all = [
    scored('0.0', 'a', 1),
    scored('0.1', 'b', null, { finish: 'length' }),
    scored('0.2', 'c', 3),
    scored('0.3', '', null, { finish: 'error' }),
  ];
  const ended = finished({ pool: all, ranking: [2, 0] });
  expect(bestFirst(ended).map(({ id }) => id)).toEqual(['0.2', '0.0', '0.1']);
  expect(inOrder(ended).map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2', '0.3']);
});

test('a plan says what would be done, and what it may cost at most', () => {
  expect(planAnswer(finished({ pool, ranking: [1, 0], request: { budget: 4 } }).task)).toEqual({
    object: 'winnow.plan',
    model: 'writer',
    strategy: 'best_of_n',
    options: { n: 4 },
    selection: { rule: 'argmax', on_invalid_score: 'drop', tie_epsilon: 0 },
    limits: { max_candidates: 64, max_tokens: 160, max_time_ms: 5000 },
    bound: { candidates: 4, tokens: 160, score_calls: 1, cost_usd: null },
    warnings: [],
  });
});
