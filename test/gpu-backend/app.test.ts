import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createApp } from '../../gpu-backend/app.ts';
import { Metrics } from '../../gpu-backend/metrics.ts';
import { Models } from '../../gpu-backend/models.ts';
import type { BackendPort } from '../../src/backends/port.ts';

const port: BackendPort = {
  generate: () => {
    throw new Error('a secret place');
  },
  score: async () => ({ scores: [], usage: { calls: 1, candidates: 0, tokens: 0 } }),
  models: async () => [],
  ready: async () => true,
};
const metrics = new Metrics();
const models = new Models();
const app = (key?: string, loaded: BackendPort | null = port) =>
  createApp({
    serving: () => loaded && { port: loaded, models },
    key,
    maxBodyBytes: 10_000,
    maxTimeMs: 1000,
    defaultModel: undefined,
    metrics,
  });
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

afterEach(() => vi.restoreAllMocks());
afterAll(() => metrics.close());

test.each(['/models', '/healthz', '/nothing', '/metrics', '/v1/models', '/v1/models/a'])(
  '%s wants the key where one is set',
  async (path) => {
    const wanted = app('secret');
    for (const authorization of ['', 'Bearer wrong', 'secret', 'Bearer secre', 'Bearer secrett']) {
      const response = await wanted.request(path, { headers: { authorization } });
      expect([response.status, await codeOf(response)]).toEqual([401, 'invalid_api_key']);
    }
    expect((await wanted.request(path, { headers: { authorization: 'Bearer secret' } })).status).not.toBe(401);
  },
);

test('healthz is 503 until the models are loaded, 200 then; other routes say when to come again', async () => {
  expect((await app(undefined, null).request('/healthz')).status).toBe(503);
  const early = await app(undefined, null).request('/models');
  expect([early.status, early.headers.get('retry-after'), await codeOf(early)]).toEqual([503, '1', 'backend_unreachable']);
  const loaded = await app().request('/healthz');
  expect([loaded.status, await loaded.json()]).toEqual([200, { status: 'ok' }]);
});

test.each([
  { method: 'GET', path: '/v1/models/%E0%A4%A', status: 404, code: 'model_not_found' },
  { method: 'GET', path: '/v1/models/a%2Fb', status: 404, code: 'model_not_found' },
  { method: 'GET', path: '/v1/models/', status: 404, code: 'model_not_found' },
  { method: 'POST', path: '/v1/models/a', status: 405, code: 'method_not_allowed' },
  { method: 'GET', path: '/v1/completions', status: 405, code: 'method_not_allowed' },
  { method: 'POST', path: '/metrics', status: 405, code: 'method_not_allowed' },
  { method: 'POST', path: '/v1/embeddings', status: 404, code: 'unknown_url' },
])('$method $path is $status $code', async ({ method, path, status, code }) => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const response = await app().request(path, { method });
  expect([response.status, await codeOf(response)]).toEqual([status, code]);
  expect(log).not.toHaveBeenCalled();
});

test('metrics are told while the models load, and answers are counted by routes that are known alone', async () => {
  await app().request('/v1/models/secret');
  await app().request('/secret');
  const response = await app(undefined, null).request('/metrics');
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toMatch(/^winnow_http_requests_total\{route="\/v1\/models\/:id",status="404"\} \d+$/m);
  expect(text).toMatch(/^winnow_http_requests_total\{route="other",status="404"\} \d+$/m);
  expect(text).not.toContain('secret');
});

test('a bug of ours is logged, and told without its words', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const body = {
    key: 'a',
    model: 'm',
    prompt: { text: 'a' },
    prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 1 }],
    until: 'end',
    step: { delimiter: '\n', max_tokens: 1 },
    sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 1, stop: [] },
    seed: 1,
    deadline_ms: 1,
  };
  const response = await app().request('/generate', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  const text = await response.text();
  expect([response.status, text.includes('secret'), log.mock.calls.length]).toEqual([500, false, 1]);
});
