import { expect, test } from 'vitest';
import { plan } from '../../schemas/run.ts';
import { asked, bestOfN, critiqueRefine, expectRefusal, good, post, search } from './winnow.ts';

const planned = async (path: string, body: object = {}) => good(await post(path, { ...asked, ...body, dry_run: true }), plan);

test('a plan of best-of-N names what would run and the most that it would spend', async () => {
  expect(await planned('/v1/best-of-n')).toEqual({
    object: 'winnow.plan',
    model: 'puzzles',
    strategy: 'best_of_n',
    options: { n: 8 },
    selection: { rule: 'argmax', tie_epsilon: 0, on_invalid_score: 'drop' },
    limits: { max_candidates: 256, max_tokens: 65_536, max_time_ms: 60_000 },
    bound: { candidates: 8, tokens: 8 * 160, score_calls: 1, cost_usd: null },
    warnings: [],
  });
});

test('limits bound the plan', async () => {
  const { bound, limits } = await planned('/v1/best-of-n', {
    n: 64,
    budget: { max_candidates: 5, max_tokens: 300, max_time_ms: 1000 },
  });
  expect(limits).toEqual({ max_candidates: 5, max_tokens: 300, max_time_ms: 1000 });
  expect(bound).toMatchObject({ candidates: 5, tokens: 300 });
});

test('what is planned is what a run then says of itself, and never less than it spends', async () => {
  const budget = { max_tokens: 700 };
  for (const [path, go] of [
    ['/v1/best-of-n', bestOfN],
    ['/v1/search', search],
    ['/v1/critique-refine', critiqueRefine],
  ] as const) {
    const before = await planned(path, { budget });
    const run = await go({ budget });
    expect(run).toMatchObject({ model: before.model, strategy: before.strategy, selection: { rule: before.selection.rule } });
    expect(run.budget.limits).toEqual(before.limits);
    expect(run.budget.spent.candidates).toBeLessThanOrEqual(before.bound.candidates);
    expect(run.usage.completion_tokens!).toBeLessThanOrEqual(before.bound.tokens);
    const calls = Object.values(run.account.rewards).reduce((sum, reward) => sum + reward.calls, 0);
    expect(calls).toBeLessThanOrEqual(before.bound.score_calls);
  }
});

test('nothing is sampled: a plan of the largest run comes at once', async () => {
  const began = performance.now();
  await planned('/v1/best-of-n', { n: 256, sampling: { temperature: 2, max_tokens: 160 } }); // 40,000 tokens
  expect(performance.now() - began).toBeLessThan(1500);
});

test('a stream is not opened for a plan', async () => {
  const answer = await post('/v1/best-of-n', { ...asked, stream: true, dry_run: true });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(plan.parse(answer.json).strategy).toBe('best_of_n');
});

test('chat plans too', async () => {
  const answer = await post('/v1/chat/completions', { ...asked, model: 'puzzles@beam_search:8', winnow: { dry_run: true } });
  expect(good(answer, plan)).toMatchObject({
    model: 'puzzles@beam_search:8',
    strategy: 'beam_search',
    options: { keep: 2, branch: 4 },
  });
});

test.each([
  { path: '/v1/best-of-n', body: { n: 0 }, status: 400, code: 'invalid_value', param: 'n' },
  { path: '/v1/best-of-n', body: { model: 'nope' }, status: 404, code: 'model_not_found', param: 'model' },
  {
    path: '/v1/best-of-n',
    body: { budget: { max_tokens: 2 } },
    status: 422,
    code: 'budget_too_small',
    param: 'budget.max_tokens',
  },
  { path: '/v1/best-of-n', body: { selection: 'majority_vote' }, status: 422, code: 'capability_missing', param: 'selection' },
  { path: '/v1/search', body: { options: { keep: 0 } }, status: 400, code: 'invalid_value', param: 'options.keep' },
  {
    path: '/v1/critique-refine',
    body: { strategy: 'self_refine' },
    status: 422,
    code: 'capability_missing',
    param: 'options.critic',
  },
  { path: '/v1/chat/completions', body: { n: 9, winnow: { dry_run: true } }, status: 400, code: 'invalid_value', param: 'n' },
])('what a run of $path would refuse is refused in its plan: $code', async ({ path, body, ...refusal }) => {
  expectRefusal(await post(path, { ...asked, ...(path.endsWith('completions') ? {} : { dry_run: true }), ...body }), refusal);
});
