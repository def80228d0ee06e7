/** Another winnow.config.json: its names, caps, recipes and origins are what the wire then says. */
import { expect, test } from 'vitest';
import { type Plan, plan } from '../../schemas/run.ts';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { expectAccounts } from './accounts.ts';
import { configured, shippedModels } from './configured.ts';
import { asked, bestOfN, critiqueRefine, expectRefusal, get, good, post, search } from './winnow.ts';

const { puzzles } = shipped.policies;
const config = {
  ...shipped,
  default_policy: 'team/plain.v2',
  policies: {
    'team/plain.v2': {
      ...puzzles,
      rewards: [],
      process_reward: null,
      sampling: { temperature: 0, max_tokens: 30, seed: 4, stop: [' = '] },
    },
    scored: puzzles,
    instructed: { ...puzzles, instruct: true },
  },
  recipes: {
    cheap: { model: 'scored', strategy: 'best_of_n', budget: 2 },
    narrow: { model: 'scored', strategy: 'beam_search', options: { keep: 1, branch: 2 }, budget: { max_tokens: 500 } },
    stepped: { model: 'scored', strategy: 'best_of_n', rewards: ['process'], options: { n: 3 } },
  },
  models: shippedModels,
  caps: { max_n: 6, max_tokens: 1000, max_time_ms: 5000, max_documents: 3, max_body_bytes: 2000 },
  cors_origins: ['https://app.example'],
};

const call = configured(config);

const planned = async (path: string, body: object = {}): Promise<Plan> =>
  good(await post(path, { ...asked, ...body, dry_run: true }, call), plan);

test('its policies, recipes and rewards are the models; a name may hold slashes', async () => {
  const { data } = (await get('/v1/models', call)).json as { data: { id: string }[] };
  const recipes = ['cheap', 'narrow', 'stepped'];
  expect(data.map(({ id }) => id)).toEqual(['team/plain.v2', 'scored', 'instructed', ...recipes, 'outcome', 'process']);
  for (const path of ['/v1/models/team/plain.v2', '/v1/models/team%2Fplain.v2'])
    expect((await get(path, call)).json).toMatchObject({ id: 'team/plain.v2' });
});

test('a policy’s own sampling holds where the body says nothing: temperature, length, seed and stop', async () => {
  const run = await bestOfN({ n: 2 }, call);
  expect(run).toMatchObject({ model: 'team/plain.v2', seed: 4 });
  expect(run.choice.message.content).not.toContain(' = ');
  for (const { tokens } of run.candidates!) expect(tokens).toBeLessThanOrEqual(30);
  expect((await bestOfN({ n: 1, sampling: { seed: 5, stop: ['\n'] } }, call)).seed).toBe(5);
});

test('a policy without rewards chooses without them, and says so', async () => {
  const run = await bestOfN({ n: 2 }, call);
  expect(run.account.rewards).toEqual({});
  expect(run.selection).toMatchObject({ rule: 'argmax', degraded: true, reason: 'no_scores' });
});

test('a policy without a process reward cannot be searched, unless the request names one', async () => {
  const refusal = { status: 422, code: 'capability_missing', param: 'options.step_reward' };
  expectRefusal(await post('/v1/search', asked, call), refusal);
  const named = await search({ sampling: { stop: [] }, options: { step_reward: 'process', keep: 1, branch: 2 } }, call);
  expect(Object.keys(named.account.rewards)).toEqual(['process']);
});

test('without a process reward critique-refine means self_refine, which this policy cannot', async () => {
  const answer = await post('/v1/critique-refine', asked, call);
  expectRefusal(answer, { status: 422, code: 'capability_missing', says: /instruct/ });
});

test('where no critique can be written the first version is kept, and what failed is said', async () => {
  const run = await critiqueRefine({ model: 'instructed', strategy: 'self_refine' }, call);
  expect(run.strategy).toBe('self_refine');
  expect(run.candidates).toHaveLength(1); // this tokenizer holds no English, so the critic's prompt is refused
  expect(run.choice.message.content).not.toBe('');
  expect(run.warnings.length).toBeGreaterThan(0);
});

test('caps are the limits where none is given', async () => {
  expect((await planned('/v1/best-of-n', { n: 6 })).limits).toEqual({ max_candidates: 6, max_tokens: 1000, max_time_ms: 5000 });
});

test('a default above a cap does not refuse a request that says nothing', async () => {
  expect((await bestOfN({ model: 'scored' }, call)).candidates!.length).toBeLessThanOrEqual(6);
});

test.each([
  { said: 'n', body: { n: 7 }, param: 'n', says: /7.*caps\.max_n.*6/ },
  { said: 'max_candidates', body: { budget: { max_candidates: 7 } }, param: 'budget.max_candidates', says: /caps\.max_n/ },
  {
    said: 'max_tokens',
    body: { n: 1, budget: { max_tokens: 1001 } },
    param: 'budget.max_tokens',
    says: /caps\.max_tokens is 1000/,
  },
  {
    said: 'max_time_ms',
    body: { n: 1, budget: { max_time_ms: 5001 } },
    param: 'budget.max_time_ms',
    says: /caps\.max_time_ms is 5000/,
  },
  {
    said: 'sampling.max_tokens',
    body: { n: 1, sampling: { max_tokens: 1001 } },
    param: 'sampling.max_tokens',
    says: /caps\.max_tokens/,
  },
])('$said above its cap is refused, and the cap is named', async ({ body, param, says }) => {
  expectRefusal(await post('/v1/best-of-n', { ...asked, ...body }, call), { status: 400, code: 'invalid_value', param, says });
});

test('an integer budget above the cap of tokens holds at the cap, with a warning', async () => {
  const { limits, warnings } = await planned('/v1/best-of-n', { model: 'scored', budget: 6, sampling: { max_tokens: 400 } });
  expect(limits.max_tokens).toBe(1000);
  expect(warnings.join()).toMatch(/2400.*1000/);
});

test('documents and bytes have their caps', async () => {
  const rerank = { model: 'outcome', query: '1', documents: ['1', '2', '3', '4'] };
  expectRefusal(await post('/v1/rerank', rerank, call), { status: 400, code: 'invalid_value', param: 'documents', says: /3/ });
  expectRefusal(await post('/v1/best-of-n', { ...asked, user: 'x'.repeat(2000) }, call), {
    status: 413,
    code: 'request_too_large',
    says: /2000/,
  });
});

test.each([
  { recipe: 'cheap', strategy: 'best_of_n', options: { n: 2 }, tokens: 320 },
  { recipe: 'narrow', strategy: 'beam_search', options: { keep: 1, branch: 2 }, tokens: 500 },
  { recipe: 'stepped', strategy: 'best_of_n', options: { n: 3 }, tokens: 1000 },
])('the recipe $recipe is $strategy with $options', async ({ recipe, strategy, options, tokens }) => {
  const answer = await post('/v1/chat/completions', { ...asked, model: recipe, winnow: { dry_run: true } }, call);
  expect(good(answer, plan)).toMatchObject({ strategy, options, limits: { max_tokens: tokens } });
  const run = await post('/v1/chat/completions', { ...asked, model: recipe }, call);
  expect(run.json, run.text).toMatchObject({ model: recipe, winnow: { strategy } });
});

test('a recipe’s rewards decide', async () => {
  const run = await bestOfN({ model: 'stepped' }, call);
  expect(Object.keys(run.account.rewards)).toEqual(['process']);
  expectAccounts(run);
});

test('a recipe belongs to the routes of its strategy’s family', async () => {
  expectRefusal(await post('/v1/search', { ...asked, model: 'cheap' }, call), {
    status: 400,
    code: 'unsupported_value',
    param: 'model',
  });
});

test('a browser of a listed origin may call and read the seed; another may not', async () => {
  const from = (origin: string) => get('/v1/models', { ...call, headers: { origin } });
  const { headers } = await from('https://app.example');
  expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(headers.get('access-control-expose-headers')).toContain('x-winnow-seed');
  expect((await from('https://other.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('its preflight is answered', async () => {
  const response = await fetch(`${call.url}/v1/best-of-n`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,authorization',
    },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  expect(response.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
});
