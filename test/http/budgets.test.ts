/** Limits are hard, and a tight one is not starved. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Plan, plan, type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { expectAccounts } from './accounts.ts';
import { asked, bestOfN, critiqueRefine, expectRefusal, good, post, search } from './winnow.ts';

const TYPICAL = 48; // tokens of a usual answer in the config
const USEFUL = 8; // min_useful_tokens in the config
const planned = async (path: string, body: object): Promise<Plan> =>
  good(await post(path, { ...asked, ...body, dry_run: true }), plan);

test.each([
  { path: '/v1/best-of-n', budget: 1, options: { n: 1 } },
  { path: '/v1/best-of-n', budget: 16, options: { n: 16 } },
  { path: '/v1/best-of-n', budget: 256, options: { n: 256 } },
  { path: '/v1/search', budget: 1, options: { branch: 1, keep: 1 } },
  { path: '/v1/search', budget: 3, options: { branch: 3, keep: 1 } },
  { path: '/v1/search', budget: 10, options: { branch: 4, keep: 2 } },
  { path: '/v1/search', budget: 256, options: { branch: 4, keep: 64 } },
  { path: '/v1/critique-refine', budget: 1, options: { max_rounds: 0 } },
  { path: '/v1/critique-refine', budget: 64, options: { max_rounds: 63 } },
  { path: '/v1/critique-refine', budget: 200, options: { max_rounds: 63 } },
])('$path: budget $budget is $options and as many answers’ worth of tokens', async ({ path, budget, options }) => {
  const answer = await planned(path, { budget });
  expect(answer.options).toMatchObject(options);
  expect(answer.limits.max_tokens).toBe(Math.min(budget * 160, 65_536));
  expect(answer.warnings).toEqual([]);
});

test('an integer budget above the cap of tokens holds at the cap, with a warning', async () => {
  const { limits, warnings } = await planned('/v1/best-of-n', { budget: 256, sampling: { max_tokens: 1000 } });
  expect(limits.max_tokens).toBe(65_536);
  expect(warnings.join()).toMatch(/256000.*65536/);
});

test.each([
  { said: 'n', path: '/v1/best-of-n', body: { budget: 4, n: 5 }, param: 'n', says: /budget 4.*n 4.*n.*5/ },
  {
    said: 'keep',
    path: '/v1/search',
    body: { budget: 8, options: { keep: 3 } },
    param: 'options.keep',
    says: /budget 8.*keep 2.*options\.keep.*3/,
  },
  {
    said: 'branch',
    path: '/v1/search',
    body: { budget: 8, options: { branch: 2 } },
    param: 'options.branch',
    says: /branch 4.*2/,
  },
  {
    said: 'max_rounds',
    path: '/v1/critique-refine',
    body: { budget: 8, options: { max_rounds: 2 } },
    param: 'options.max_rounds',
    says: /max_rounds 7.*2/,
  },
])('an integer budget beside another $said is refused, and the message names both', async ({ path, body, param, says }) => {
  expectRefusal(await post(path, { ...asked, ...body }), { status: 400, code: 'invalid_value', param, says });
});

test('an integer budget beside the size that it means is no contradiction', async () => {
  expect((await planned('/v1/best-of-n', { budget: 4, n: 4 })).options).toEqual({ n: 4 });
  expect((await planned('/v1/search', { budget: 8, options: { keep: 2, branch: 4 } })).options).toMatchObject({
    keep: 2,
    branch: 4,
  });
});

test.each([
  { budget: 0, param: 'budget' },
  { budget: 257, param: 'budget' },
  { budget: -1, param: 'budget' },
  { budget: 1.5, param: 'budget' },
  { budget: '8', param: 'budget' },
  { budget: [], param: 'budget' },
  { budget: { max_tokens: 0 }, param: 'budget.max_tokens' },
  { budget: { max_tokens: '100' }, param: 'budget.max_tokens' },
  { budget: { max_tokens: 10.5 }, param: 'budget.max_tokens' },
  { budget: { max_candidates: 0 }, param: 'budget.max_candidates' },
  { budget: { max_time_ms: -5 }, param: 'budget.max_time_ms' },
  { budget: { max_tokens: 65_537 }, param: 'budget.max_tokens', says: /caps\.max_tokens.*65536/ },
  { budget: { max_candidates: 257 }, param: 'budget.max_candidates', says: /caps\.max_n.*256/ },
  { budget: { max_time_ms: 60_001 }, param: 'budget.max_time_ms', says: /caps\.max_time_ms.*60000/ },
  { budget: { max_token: 5 }, param: 'budget.max_token', code: 'unknown_parameter' },
  { budget: { max_score_calls: -1 }, param: 'budget.max_score_calls' },
  { budget: { max_cost_usd: 1 }, param: 'budget.max_cost_usd', code: 'unsupported_value' },
])('the budget $budget is refused at $param', async ({ budget, param, says = /./, code = 'invalid_value' }) => {
  expectRefusal(await post('/v1/best-of-n', { ...asked, budget }), { status: 400, code, param, says });
});

test.each([{ path: '/v1/best-of-n' }, { path: '/v1/search' }, { path: '/v1/critique-refine' }])(
  '$path: fewer tokens than are worth a start are refused, as many are served',
  async ({ path }) => {
    const tooSmall = await post(path, { ...asked, budget: { max_tokens: USEFUL - 1 } });
    expectRefusal(tooSmall, { status: 422, code: 'budget_too_small', param: 'budget.max_tokens', says: /7.*8/ });
    const answer = await post(path, { ...asked, budget: { max_tokens: USEFUL } });
    expect(answer.status, answer.text).toBe(200);
    expect((answer.json as RunAnswer).usage.completion_tokens).toBeLessThanOrEqual(USEFUL);
  },
);

test('candidates that may have few tokens need few', async () => {
  const run = await bestOfN({ n: 4, sampling: { max_tokens: 2 }, budget: { max_tokens: 2 } });
  expect(run).toMatchObject({ stop_reason: 'max_tokens', usage: { completion_tokens: expect.any(Number) } });
  expect(run.usage.completion_tokens!).toBeLessThanOrEqual(2);
});

test.each([1, 3, 7])('max_candidates %i of 12 draws as many and says so', async (max_candidates) => {
  const run = await bestOfN({ n: 12, budget: { max_candidates } });
  expect(run.candidates).toHaveLength(max_candidates);
  expect(run.stop_reason).toBe('max_candidates');
  expectAccounts(run);
});

test('a limit that is not reached is no reason to stop', async () => {
  const run = await bestOfN({ n: 4, budget: { max_candidates: 4, max_tokens: 640, max_time_ms: 30_000 } });
  expect(run.stop_reason).toBe('finished');
});

test('the time is kept: what is written then is cut, chosen from, and told', async () => {
  const limit = 1000;
  const began = performance.now();
  const long = { ...asked, n: 64, sampling: { temperature: 2 }, rewards: [], budget: { max_time_ms: limit } };
  const answers = await Promise.all([1, 2, 3, 4].map(() => post('/v1/best-of-n', long))); // together more than a second's work
  expect(performance.now() - began).toBeLessThan(limit + 1000);
  const runs = answers.filter(({ status }) => status === 200).map((answer) => good(answer, runAnswer));
  expect(runs.length).toBeGreaterThan(0);
  for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, { status: 504, code: 'deadline_exceeded' });
  for (const run of runs) {
    expect(run.budget.spent.time_ms).toBeLessThanOrEqual(limit);
    expectAccounts(run); // the backend was told when to end, so nothing is unknown
    const cut = run.candidates!.some(({ finish_reason }) => finish_reason === 'budget');
    expect(run.stop_reason).toBe(cut ? 'max_time' : 'finished');
  }
});

test('a limit of score calls is kept: what was sampled is chosen from without the scores', async () => {
  const run = await bestOfN({ n: 2, rewards: ['outcome', 'process'], budget: { max_score_calls: 1 } });
  expect(run.stop_reason).toBe('max_score_calls');
  expect(run.budget.limits).toMatchObject({ max_score_calls: 1 });
  const scored = run.candidates!.map(({ scores }) => [scores.outcome?.ok, scores.process?.ok]);
  expect(scored.every(([outcome, process]) => (outcome === true) !== (process === true))).toBe(true);
  const none = await bestOfN({ n: 2, rewards: ['outcome'], budget: { max_score_calls: 0 } });
  expect(none.selection).toMatchObject({ degraded: true });
  expect(none.candidates![0]!.scores.outcome).toMatchObject({ ok: false, reason: 'max_score_calls' });
});

test('a time in which nothing can be written has nothing to show: 504, at once', async () => {
  const began = performance.now();
  const answer = await post('/v1/best-of-n', { ...asked, n: 64, budget: { max_time_ms: 1 } });
  expect(performance.now() - began).toBeLessThan(2000);
  if (answer.status !== 200) expectRefusal(answer, { status: 504, code: 'deadline_exceeded' });
});

test.each([
  { strategy: 'beam_search', step: { tokens: 7 } },
  { strategy: 'beam_search', step: { tokens: 3 } },
  { strategy: 'entropy_fork', step: { tokens: 3 } },
])('$strategy, steps of $step.tokens: a budget is refused at once, or something comes of it', async (body) => {
  const statuses: number[] = [];
  for (let max_tokens = 1; max_tokens <= 10; max_tokens++) {
    const tight = { ...asked, ...body, budget: { max_tokens } };
    const [planned, run] = [await post('/v1/search', { ...tight, dry_run: true }), await post('/v1/search', tight)];
    expect(run.status, run.text).toBe(planned.status);
    if (run.status !== 200) expectRefusal(run, { status: 422, code: 'budget_too_small', param: 'budget.max_tokens' });
    statuses.push(run.status);
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([422, 200]);
});

test('a token limit that cuts names itself, and the answer says that it was cut', async () => {
  const run = await bestOfN({ n: 1, sampling: { temperature: 0 }, budget: { max_tokens: 10 } });
  expect(run).toMatchObject({ stop_reason: 'max_tokens', complete: false, choice: { finish_reason: 'budget' } });
  expect(run.usage.completion_tokens).toBe(10);
});

test('the finishing reserve lets a tight beam search end with a whole answer', async () => {
  const whole = await Promise.all([1, 2, 3, 4, 5].map((seed) => search({ sampling: { seed }, budget: { max_tokens: 400 } })));
  for (const run of whole) expectAccounts(run);
  expect(whole.filter(({ complete }) => complete).length).toBeGreaterThanOrEqual(4);
});

test('four answers’ worth for best-of-16 finishes two or more, and leaves nothing worth a start while one is open', async () => {
  const puzzles = readFileSync('bench/problems/puzzles.jsonl', 'utf8');
  const problems = puzzles.split('\n').filter((_, place) => place % 45 === 0 && place < 900);
  const prompts = problems.map((line) => (JSON.parse(line) as { prompt: string }).prompt);
  const ask = (content: string) => ({ messages: [{ role: 'user', content }] });
  const singles = await Promise.all(prompts.map((prompt, seed) => bestOfN({ ...ask(prompt), n: 1, sampling: { seed } })));
  const worth = singles.reduce((sum, { usage }) => sum + usage.completion_tokens!, 0) / singles.length;
  const max_tokens = Math.round(4 * worth);
  let finished = 0;
  for (const [seed, prompt] of prompts.entries()) {
    const run = await bestOfN({ ...ask(prompt), n: 16, budget: { max_tokens }, sampling: { seed } });
    const reasons = run.candidates!.map(({ finish_reason }) => finish_reason);
    finished += reasons.filter((reason) => reason === 'stop').length;
    if (reasons.includes('budget')) expect(max_tokens - run.usage.completion_tokens!).toBeLessThan(USEFUL);
    expectAccounts(run);
  }
  expect(finished / prompts.length).toBeGreaterThanOrEqual(2);
});

const strategies = {
  best_of_n: (body: object, size: number) => bestOfN({ ...body, n: size }),
  beam_search: (body: object, size: number) =>
    search({ ...body, options: { keep: Math.ceil(size / 4), branch: Math.min(4, size) } }),
  first_wrong_step: (body: object, size: number) => critiqueRefine({ ...body, options: { max_rounds: size - 1 } }),
};

test.each(Object.entries(strategies))(
  '%s never spends a token or a candidate above its limits (random budgets)',
  async (_, go) => {
    const request = fc.record({
      max_tokens: fc.oneof(fc.integer({ min: USEFUL, max: 2 * TYPICAL }), fc.integer({ min: USEFUL, max: 1500 })),
      max_candidates: fc.integer({ min: 1, max: 20 }),
      size: fc.integer({ min: 1, max: 20 }),
      most: fc.integer({ min: 1, max: 160 }),
      temperature: fc.constantFrom(0, 0.7, 1, 2),
      seed: fc.nat(),
    });
    const law = fc.asyncProperty(request, async ({ max_tokens, max_candidates, size, most, temperature, seed }) => {
      const sampling = { max_tokens: most, temperature, seed };
      const run = await go({ sampling, budget: { max_tokens, max_candidates } }, size);
      expect(run.usage.completion_tokens!).toBeLessThanOrEqual(max_tokens);
      expect(run.budget.spent.candidates).toBeLessThanOrEqual(max_candidates);
      for (const { tokens } of run.candidates!) expect(tokens).toBeLessThanOrEqual(most);
      expectAccounts(run);
    });
    await fc.assert(law, { numRuns: 40, seed: 6, endOnFailure: true });
  },
);
