import { expect, test, vi } from 'vitest';
import type { z } from 'zod';
import type { ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import { endpoints } from '../../src/routes/endpoints.ts';
import { json } from '../requests/config.ts';
import { ScriptedBackend } from '../runtime/scripted-backend.ts';
import { messages, serve } from './served.ts';

const { get, post } = serve();
const schemaOf = (path: string): z.ZodType => endpoints.find((endpoint) => endpoint.path === path)!.response!;

test.each([
  { path: '/v1/chat/completions', body: { messages, n: 2 } },
  { path: '/v1/chat/completions', body: { messages, winnow: {} } },
  { path: '/v1/best-of-n', body: { messages, n: 3, return: { candidates: 'all' } } },
  { path: '/v1/search', body: { prompt: 'raw', options: { keep: 2, branch: 2 } } },
  { path: '/v1/critique-refine', body: { messages } },
  { path: '/v1/score', body: { messages, candidates: ['a', 'b\nc'], rewards: ['process'] } },
  { path: '/v1/select', body: { candidates: [{ text: 'a', scores: { x: 1 } }, { text: 'b' }] } },
  { path: '/v1/rerank', body: { model: 'outcome', query: 'q', documents: ['a', 'bb'] } },
  { path: '/v2/rerank', body: { model: 'outcome', query: 'q', documents: ['a', 'bb'] } },
])('POST $path answers what its schema promises', async ({ path, body }) => {
  const answer = await post(path, body);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  expect(schemaOf(path).parse(answer.body)).toEqual(answer.body);
});

test.each(['/v1/models', '/v1/rewards', '/v1/strategies', '/healthz', '/readyz'])(
  'GET %s answers what its schema promises',
  async (path) => {
    const { status, body } = await get(path);
    expect(status).toBe(200);
    expect(schemaOf(path).parse(body)).toEqual(body);
  },
);

test('every endpoint is in /openapi.json, with its schemas, and no code is said that no caller sees', async () => {
  const { body } = await get('/openapi.json');
  for (const { method, path } of endpoints) {
    const operation = body.paths[path.replace(/:(\w+)\{[^}]*\}/g, '{$1}')][method.toLowerCase()];
    expect(operation.responses.default).toBeDefined();
  }
  expect(JSON.stringify(body)).not.toContain('no_candidates_supplied');
});

test('the same seed gives the same answer, another one another', async () => {
  const ask = async (seed: number) =>
    (await post('/v1/best-of-n', { messages, n: 4, sampling: { seed }, return: { candidates: 'all' } })).body;
  const [first, again, other] = [await ask(1), await ask(1), await ask(2)];
  expect(again.candidates).toEqual(first.candidates);
  expect(other.candidates).not.toEqual(first.candidates);
});

test('without a seed one is drawn and told: in the header of plain chat, else in the body', async () => {
  const plain = await post('/v1/chat/completions', { messages });
  const seed = Number(plain.headers.get('x-winnow-seed'));
  const again = await post('/v1/chat/completions', { messages, seed });
  expect(again.body.choices).toEqual(plain.body.choices);
  const run = await post('/v1/best-of-n', { messages, n: 1 });
  expect((await post('/v1/best-of-n', { messages, n: 1, sampling: { seed: run.body.seed } })).body.choice).toEqual(
    run.body.choice,
  );
});

test('a dry run spends nothing, and refuses what the run would', async () => {
  const { post: ask, backend } = serve();
  expect((await ask('/v1/search', { messages, dry_run: true })).body).toMatchObject({
    object: 'winnow.plan',
    strategy: 'beam_search',
  });
  expect((await ask('/v1/search', { messages, dry_run: true, model: 'bare' })).status).toBe(422);
  expect((await ask('/v1/chat/completions', { messages, winnow: { dry_run: true } })).body.object).toBe('winnow.plan');
  expect([backend.requests, backend.scoreRequests]).toEqual([[], []]);
});

test('plain chat answers n samples by index, and scores none', async () => {
  const { post: ask, backend } = serve();
  const { body } = await ask('/v1/chat/completions', { messages, n: 3, seed: 1 });
  expect(body.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
  expect(body).not.toHaveProperty('winnow');
  expect(backend.scoreRequests).toEqual([]);
  expect(backend.requests).toHaveLength(1);
});

test('rewards that cannot be reached leave a run its candidates, degraded and said so', async () => {
  const { body } = await serve({
    port: {
      score: async () => {
        throw new WinnowError('backend_unreachable', 'gone');
      },
    },
  }).post('/v1/best-of-n', { messages, n: 3 });
  expect(body).toMatchObject({ selection: { degraded: true, reason: 'all_scores_invalid' }, choice: { index: 0 } });
  expect(body.warnings).toEqual(['A backend failed on the way: gone']);
  expect(body.candidates[0].scores.outcome).toEqual({ ok: false, reason: 'backend_unreachable' });
});

test('scoring alone has nothing to show then: the failure is the answer', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const failing = serve({
    port: {
      score: async () => {
        throw new WinnowError('backend_unreachable', 'gone');
      },
    },
  });
  expect((await failing.post('/v1/score', { messages, candidates: ['a'] })).status).toBe(503);
  expect((await failing.post('/v1/rerank', { model: 'outcome', query: 'q', documents: ['a'] })).status).toBe(503);
  log.mockRestore();
});

test('where some was scored, /v1/score says in a warning what failed, as a run does', async () => {
  const working = new ScriptedBackend({});
  const { post: ask } = serve({
    port: {
      score: async (request) => {
        if (request.model === 'process') throw new WinnowError('backend_unreachable', 'gone');
        return working.score(request);
      },
    },
  });
  const { status, body } = await ask('/v1/score', { messages, candidates: ['a'], rewards: ['outcome', 'process'] });
  expect(status).toBe(200);
  expect(body.data[0].scores).toMatchObject({ outcome: { ok: true }, process: { ok: false, reason: 'backend_unreachable' } });
  expect(body.warnings).toEqual(['A backend failed on the way: gone']);
});

const halfScored = ({ candidates }: ScoreRequest): ScoreResponse => ({
  scores: candidates.map(({ id }, place) =>
    place === 0 ? { id, ok: false, reason: 'too_long' } : { id, ok: true, value: place, tokens: 1 },
  ),
  usage: { calls: 1, candidates: candidates.length, tokens: candidates.length },
});

test('a text that could not be scored is told in /v1/score, and left out and named in rerank', async () => {
  const half = serve({ behaviour: { score: halfScored } });
  const { body } = await half.post('/v1/score', { messages, candidates: ['a', 'b'] });
  expect(body.data).toEqual([
    { index: 0, scores: { outcome: { ok: false, reason: 'too_long' } } },
    { index: 1, scores: { outcome: { ok: true, value: 1 } } },
  ]);
  const ranked = await half.post('/v2/rerank', { model: 'outcome', query: 'q', documents: ['a', { text: 'b' }, 'c'] });
  expect(ranked.body.results.map(({ index }: { index: number }) => index)).toEqual([2, 1]);
  expect(ranked.body.meta.warnings).toEqual(['Document 0 could not be scored: too_long.']);
});

test.each([
  { body: { documents: [] }, status: 422, param: 'documents' },
  { body: {}, status: 400, param: 'documents' },
  { body: { documents: ['a'], texts: ['a'] }, status: 400, param: 'documents' },
  { body: { documents: Array(6).fill('a') }, status: 400, param: 'documents' },
  { body: { documents: ['a'], top_n: 0 }, status: 400, param: 'top_n' },
  { body: { documents: ['a'], model: 'luck' }, status: 404, param: 'model' },
  { body: { documents: [4] }, status: 400, param: 'documents[0]' },
])('rerank refuses $body', async ({ body, status, param }) => {
  const answer = await post('/v1/rerank', { model: 'outcome', query: 'q', ...body });
  expect([answer.status, answer.body.error.param]).toEqual([status, param]);
});

test('a reward may be named like a member of every object', async () => {
  const rewards = { ...json.rewards, constructor: json.rewards.process };
  const odd = serve({ config: loadConfig({ ...json, rewards }) });
  const run = await odd.post('/v1/search', {
    messages,
    options: { step_reward: 'constructor', keep: 2, branch: 2 },
    rewards: ['constructor'],
  });
  expect(run.status).toBe(200);
  expect(run.body.selection.degraded).toBe(false);
  expect(run.body.account.rewards.constructor.calls).toBeGreaterThan(0);
  expect((await odd.post('/v1/rerank', { model: 'constructor', query: 'q', documents: ['a'] })).status).toBe(200);
});

test('keys are asked for everywhere but where one is told that it lives', async () => {
  const locked = serve({ keys: 'sk-one' });
  for (const path of ['/healthz', '/readyz', '/openapi.json'])
    expect([path, (await locked.get(path)).status]).toEqual([path, 200]);
  for (const path of ['/v1/models', '/v1/models/writer', '/v1/nothing', '/'])
    expect([path, (await locked.get(path)).status]).toEqual([path, 401]);
  const headers = { authorization: 'Bearer sk-one' };
  expect((await locked.get('/v1/models', { headers })).status).toBe(200);
});

test('models by name, with slashes and escapes; one that is none lists the known', async () => {
  const policies = { ...json.policies, 'team/writer': json.policies.writer };
  const { get: ask } = serve({ config: loadConfig({ ...json, policies }) });
  expect((await ask('/v1/models/team/writer')).body).toMatchObject({ id: 'team/writer', winnow: { kind: 'policy' } });
  expect((await ask('/v1/models/team%2Fwriter')).status).toBe(200);
  expect((await ask('/v1/models/careful')).body.winnow).toEqual({ kind: 'recipe', model: 'writer', strategy: 'best_of_n' });
  for (const name of ['nobody', '%E0%A4%A', 'constructor'])
    expect([name, (await ask(`/v1/models/${name}`)).status]).toEqual([name, 404]);
});

test('a backend that does not answer is named by /readyz', async () => {
  const { status, body } = await serve({ port: { ready: async () => false } }).get('/readyz');
  expect([status, body]).toEqual([503, { status: 'not_ready', backends: { local: 'not_ready' } }]);
});

test('a browser is let in by its origin alone, where the config names it', async () => {
  const open = serve({ config: loadConfig({ ...json, cors_origins: ['https://app.example'] }) });
  const headers = (origin: string) => ({ headers: { origin } });
  expect((await open.get('/healthz', headers('https://app.example'))).headers.get('access-control-allow-origin')).toBe(
    'https://app.example',
  );
  expect((await open.get('/healthz', headers('https://evil.example'))).headers.get('access-control-allow-origin')).toBeNull();
  expect((await get('/healthz', headers('https://app.example'))).headers.get('access-control-allow-origin')).toBeNull();
});
