/** WINNOW_API_KEYS for clients, WINNOW_BACKEND_KEY between edge and backend. */
import OpenAI, { AuthenticationError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forTests, startWinnow, type Winnow } from '../../bin/running.ts';
import { asked, expectRefusal, get, post, read, send } from './winnow.ts';

const keys = ['first-key', 'second-key-of-another-length'];
const backendKey = 'between-edge-and-backend';
let winnow: Winnow;
let url: string;
beforeAll(async () => {
  winnow = await startWinnow(forTests({ WINNOW_API_KEYS: ` ${keys.join(' , ')},, `, WINNOW_BACKEND_KEY: backendKey }));
  url = winnow.url;
});
afterAll(() => winnow?.stop());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const one = { ...asked, n: 1 };

test.each(keys)('the key %s opens', async (key) => {
  expect((await post('/v1/best-of-n', one, { url, headers: bearer(key) })).status).toBe(200);
  expect((await get('/v1/models', { url, headers: bearer(key) })).status).toBe(200);
});

test('the scheme may be written in small letters', async () => {
  expect((await get('/v1/models', { url, headers: { authorization: `bearer ${keys[0]}` } })).status).toBe(200);
});

test('no key: 401, and the message says which header to send', async () => {
  expectRefusal(await post('/v1/best-of-n', one, { url }), {
    status: 401,
    code: 'invalid_api_key',
    says: /Authorization: Bearer/,
  });
});

test.each([
  'wrong',
  '',
  'first-ke',
  'first-keyy',
  'FIRST-KEY',
  'first-key,second-key-of-another-length',
  ',',
  ' ',
  'undefined',
  'x'.repeat(8000),
  backendKey,
])('the key "%s" is 401', async (key) => {
  const { message } = expectRefusal(await get('/v1/models', { url, headers: bearer(key) }), {
    status: 401,
    code: 'invalid_api_key',
  });
  for (const known of [...keys, backendKey]) expect(message).not.toContain(known);
});

test.each([
  { authorization: keys[0]! },
  { authorization: `Basic ${btoa(`user:${keys[0]}`)}` },
  { authorization: `Token ${keys[0]}` },
  { 'x-api-key': keys[0]! },
  { cookie: `key=${keys[0]}` },
])('the key in another place or scheme does not count: %j', async (headers: Record<string, string>) => {
  expectRefusal(await get('/v1/models', { url, headers }), { status: 401, code: 'invalid_api_key' });
});

test('the key in the query does not count', async () => {
  expectRefusal(await get(`/v1/models?key=${keys[0]}&api_key=${keys[0]}`, { url }), { status: 401, code: 'invalid_api_key' });
});

test('every endpoint but the open three wants a key, and so does every other url', async () => {
  const { paths } = (await get('/openapi.json', { url })).json as { paths: Record<string, Record<string, unknown>> };
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => ({ method: method.toUpperCase(), path: path.replace('{id}', 'puzzles') })),
  );
  expect(calls.length).toBeGreaterThan(10);
  const open: string[] = [];
  for (const { method, path } of calls) {
    const answer = await read(await send(path, {}, { url, method }));
    if (answer.status === 401) expectRefusal(answer, { status: 401, code: 'invalid_api_key' });
    else open.push(path);
  }
  expect(open.sort()).toEqual(['/healthz', '/openapi.json', '/readyz']);
  for (const path of ['/', '/v1/nope', '/healthz/x']) expect((await get(path, { url })).status).toBe(401);
});

test('the key is asked for before the body is read', async () => {
  expectRefusal(await post('/v1/best-of-n', '{', { url }), { status: 401, code: 'invalid_api_key' });
});

test('the official client sends its key, and a wrong one is its own exception', async () => {
  const chat = (apiKey: string) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey }).chat.completions.create({
      model: 'puzzles',
      messages: [{ role: 'user', content: asked.messages[0]!.content }],
    });
  expect((await chat(keys[1]!)).choices).toHaveLength(1);
  await expect(chat('wrong')).rejects.toBeInstanceOf(AuthenticationError);
});

test.each([undefined, 'wrong', keys[0]!])('the backend takes the key %s for none of its routes', async (key) => {
  const headers = key === undefined ? {} : bearer(key);
  const backend = { url: winnow.backendUrl!, headers };
  for (const answer of [
    await get('/models', backend),
    await get('/healthz', backend),
    await post('/generate', {}, backend),
    await post('/score', {}, backend),
  ]) {
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ error: { code: 'invalid_api_key' } });
    expect(answer.text).not.toContain(backendKey);
  }
});

test('the backend takes its own key', async () => {
  const answer = await get('/models', { url: winnow.backendUrl!, headers: bearer(backendKey) });
  expect(answer.status).toBe(200);
});
