/** Each way to fail that a caller may meet, provoked through the app, with its status, its type and its field. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ErrorCode } from '../../schemas/errors.ts';
import { errorCodes, WinnowError } from '../../schemas/errors.ts';
import type { Serving } from './served.ts';
import { messages, serve } from './served.ts';

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const failing = (code: ErrorCode, options = {}): Serving => ({
  port: {
    // biome-ignore lint/correctness/useYield: it fails before its first line
    generate: async function* () {
      throw new WinnowError(code, `The backend says ${code}.`, options);
    },
  },
});
const bestOfN = (more: object = {}) => ({ messages, n: 2, ...more });

interface Case {
  readonly code: ErrorCode;
  readonly path?: string;
  readonly body?: unknown;
  readonly init?: RequestInit;
  readonly serving?: Serving;
  readonly param?: string | null;
}

const cases: readonly Case[] = [
  { code: 'invalid_json', body: '{"n": 2' },
  { code: 'invalid_value', body: bestOfN({ n: 0 }), param: 'n' },
  { code: 'missing_required_parameter', body: { n: 2 }, param: 'messages' },
  { code: 'unknown_parameter', body: bestOfN({ m: 1 }), param: 'm' },
  { code: 'unsupported_value', body: bestOfN({ early_stop: 'consensus' }), param: 'early_stop' },
  {
    code: 'context_length_exceeded',
    body: bestOfN(),
    serving: failing('context_length_exceeded', { param: 'messages' }),
    param: 'messages',
  },
  { code: 'invalid_api_key', body: bestOfN(), serving: { keys: 'a,b' } },
  { code: 'model_not_found', body: bestOfN({ model: 'nobody' }), param: 'model' },
  { code: 'unknown_url', path: '/v1/nothing', body: {} },
  { code: 'method_not_allowed', init: { method: 'GET', body: null } },
  { code: 'request_too_large', body: bestOfN({ prompt: 'x'.repeat(5000) }) },
  { code: 'unsupported_media_type', body: 'n=2', init: { headers: { 'content-type': 'application/x-www-form-urlencoded' } } },
  { code: 'capability_missing', body: bestOfN({ selection: 'majority_vote' }), param: 'selection' },
  { code: 'budget_too_small', body: bestOfN({ budget: { max_tokens: 1 } }), param: 'budget.max_tokens' },
  {
    code: 'prompt_unsupported',
    body: bestOfN(),
    serving: failing('prompt_unsupported', { param: 'messages[0].content' }),
    param: 'messages[0].content',
  },
  { code: 'no_candidates_supplied', path: '/v1/select', body: { candidates: [] }, param: 'candidates' },
  { code: 'rate_limit_exceeded', body: bestOfN(), serving: failing('rate_limit_exceeded', { retryAfter: 7.2 }) },
  {
    code: 'internal_error',
    body: bestOfN(),
    serving: {
      port: {
        generate: () => {
          throw new TypeError('secret detail at /home/somebody');
        },
      },
    },
  },
  {
    code: 'no_candidates',
    body: bestOfN(),
    serving: {
      behaviour: {
        instead: (_, lines) =>
          (async function* () {
            yield lines.at(-1)!;
          })(),
      },
    },
  },
  { code: 'backend_error', body: bestOfN(), serving: failing('backend_error') },
  { code: 'backend_unreachable', body: bestOfN(), serving: failing('backend_unreachable') },
  { code: 'deadline_exceeded', body: bestOfN(), serving: failing('deadline_exceeded') },
];

test('there is a case for every code', () => {
  expect(cases.map(({ code }) => code).toSorted()).toEqual(Object.keys(errorCodes).toSorted());
});

test.each(cases)('$code', async ({ code, path = '/v1/best-of-n', body, init, serving, param = null }) => {
  const answer = await serve(serving).post(path, body, init);
  const { status, type } = errorCodes[code];
  expect(answer.status).toBe(status);
  const said = code === 'no_candidates_supplied' ? 'no_candidates' : code;
  expect(answer.body.error).toEqual({ message: expect.any(String), type, param, code: said });
  expect(answer.body.error.message).not.toMatch(/\/home|secret|node_modules|:\d+:\d+/);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a backend that is busy is told with the whole seconds to wait', async () => {
  const { headers } = await serve(failing('rate_limit_exceeded', { retryAfter: 7.2 })).post('/v1/best-of-n', bestOfN());
  expect(headers.get('retry-after')).toBe('8');
});

test('a method that is not served names those that are', async () => {
  expect((await serve().post('/v1/models', {})).headers.get('allow')).toBe('GET');
  expect((await serve().get('/v1/best-of-n')).headers.get('allow')).toBe('POST');
});

test('what is refused at once was not paid: it may be sent again', async () => {
  const { headers, body } = await serve(failing('backend_unreachable')).post('/v1/best-of-n', bestOfN());
  expect([headers.get('x-should-retry'), body.usage]).toEqual([null, undefined]);
});

test('an error after tokens were spent carries the usage so far, and says not to try again (api.md 3)', async () => {
  const { status, headers, body } = await serve(failing('backend_error', { mayHaveSpent: true })).post(
    '/v1/best-of-n',
    bestOfN(),
  );
  expect(status).toBe(502);
  expect(headers.get('x-should-retry')).toBe('false');
  expect(body.usage).toMatchObject({ completion_tokens: null, prompt_tokens: null });
});

test('a fault of our own is said without its text, and logged with the request’s id', async () => {
  const { headers, body } = await serve(cases.find(({ code }) => code === 'internal_error')!.serving).post(
    '/v1/best-of-n',
    bestOfN(),
  );
  expect(body.error.message).toBe('Something went wrong on our side.');
  const logged = String(vi.mocked(console.error).mock.calls[0]![0]);
  expect(JSON.parse(logged)).toMatchObject({ request: headers.get('x-request-id'), error: 'TypeError' });
  expect(logged).not.toContain('question');
});
