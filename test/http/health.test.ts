import { expect, test } from 'vitest';
import { expectRefusal, get, post } from './winnow.ts';

test('healthz says that the edge answers', async () => {
  const answer = await get('/healthz');
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ status: 'ok' });
});

test('readyz says it of every backend by name', async () => {
  const answer = await get('/readyz');
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ status: 'ok', backends: { local: 'ok' } });
});

test('every answer has its own request id, and no browser guesses its type', async () => {
  const answers = await Promise.all([get('/healthz'), get('/v1/models'), get('/nope'), post('/v1/best-of-n', '{')]);
  const ids = answers.map(({ headers }) => headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{24}$/);
  for (const { headers } of answers) expect(headers.get('x-content-type-options')).toBe('nosniff');
});

test('no origin may read answers in a browser where the config names none', async () => {
  const answer = await get('/v1/models', { headers: { origin: 'https://example.com' } });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});

test.each(['/', '/v1', '/v1/nope', '/v1/models/', '/V1/MODELS', '/v1/best-of-n/', '/admin', '/.env', '/v1/../healthz/x', '/%00'])(
  'nothing is served at %s',
  async (path) => {
    expectRefusal(await get(path), { status: 404, code: 'unknown_url' });
  },
);

test('the responses API is pointed to chat completions', async () => {
  expectRefusal(await post('/v1/responses', {}), { status: 404, code: 'unknown_url', says: /chat\/completions/ });
});
