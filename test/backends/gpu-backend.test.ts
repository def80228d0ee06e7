import { afterEach, expect, test, vi } from 'vitest';
import type { GenerateLine, GenerateRequest, ScoreRequest } from '../../schemas/backend.ts';
import { gpuBackend } from '../../src/backends/gpu-backend.ts';
import { collect, failureOf } from './collect.ts';
import { withoutWaiting } from './waits.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

type Answer = Error | ((init: RequestInit) => Response | Promise<Response>);

/** The adapter over a fetch that gives these answers in turn, the last one for ever; every call is kept. */
function backend(...answers: readonly Answer[]) {
  const waits = withoutWaiting();
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const answer = answers[Math.min(calls.length, answers.length - 1)]!;
    calls.push({ url: String(url), init });
    if (answer instanceof Error) throw answer;
    return answer(init);
  };
  const port = gpuBackend({ url: 'http://backend', key: 'secret', fetch: fetch as typeof globalThis.fetch });
  return { port, calls, waits };
}

const request: GenerateRequest = {
  key: 'run_1:1:0',
  model: 'policy',
  prompt: { text: 'question' },
  prefixes: [{ id: '0', text: '', count: 2, first_child: 0, max_tokens: 8 }],
  until: 'end',
  step: { delimiter: '\n', max_tokens: 8 },
  sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 8, stop: [] },
  seed: 1,
  deadline_ms: 1000,
};
const scoring: ScoreRequest = {
  key: 'run_1:2',
  model: 'outcome',
  prompt: { text: 'question' },
  candidates: [{ id: '0.0', text: 'a' }],
  deadline_ms: 1000,
};
const candidate = (id: string): GenerateLine => ({
  type: 'candidate',
  id,
  parent: '0',
  text: 'a',
  step: 1,
  step_ends: [1],
  tokens: [1],
  token_count: 1,
  finish: 'stop',
});
const done: GenerateLine = {
  type: 'done',
  usage: { prompt_tokens: 3, completion_tokens: 2, processed: 3, cached: 0, unique: 3 },
};
const whole = [candidate('0.0'), candidate('0.1'), done];
const ndjson =
  (...lines: readonly unknown[]) =>
  () =>
    new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const refusal =
  (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify({ error: { message: 'said by the backend', type: 't', param: null, code, ...more } }), {
      status,
      headers,
    });
const signal = new AbortController().signal;
const generate = ({ port }: ReturnType<typeof backend>, until: AbortSignal = signal) => collect(port.generate(request, until));

test('a generation is one POST with the key between edge and backend; its lines come as they are', async () => {
  const it = backend(ndjson(...whole));
  expect(await generate(it)).toEqual(whole);
  expect(it.calls).toHaveLength(1);
  const { url, init } = it.calls[0]!;
  expect(url).toBe('http://backend/generate');
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual', headers: { authorization: 'Bearer secret' } });
  expect(JSON.parse(String(init.body))).toEqual(request);
});

test('where there is no key, none is sent', async () => {
  let headers: unknown;
  const fetch = async (_url: unknown, init?: RequestInit) => {
    headers = init?.headers;
    return ndjson(...whole)();
  };
  const port = gpuBackend({ url: 'http://backend', key: undefined, fetch: fetch as typeof globalThis.fetch });
  await collect(port.generate(request, signal));
  expect(headers).toEqual({ 'content-type': 'application/json' });
});

test('a backend that cannot be reached is asked again, under the same key', async () => {
  const it = backend(new TypeError('fetch failed'), new TypeError('fetch failed'), ndjson(...whole));
  expect(await generate(it)).toEqual(whole);
  const keys = it.calls.map(({ init }) => (JSON.parse(String(init.body)) as GenerateRequest).key);
  expect(keys).toEqual(Array(3).fill('run_1:1:0'));
});

test('a backend that stays away is `backend_unreachable`, without its address', async () => {
  const failure = await failureOf(generate(backend(new TypeError('connect ECONNREFUSED 10.0.0.7:8788'))));
  expect(failure).toMatchObject({ code: 'backend_unreachable' });
  expect(failure.message).not.toContain('10.0.0.7');
});

test('a stream that breaks off is asked for again under the same key, and no line is given twice', async () => {
  const it = backend(ndjson(candidate('0.1')), ndjson(...whole));
  expect(await generate(it)).toEqual([candidate('0.1'), candidate('0.0'), done]);
  expect(it.calls.map(({ init }) => init.body)).toEqual([it.calls[0]!.init.body, it.calls[0]!.init.body]);
});

const piece = (at: number, text: string): GenerateLine => ({ type: 'piece', id: '0.0', at, token_count: text.length, text });

test('a stream that breaks off among pieces goes on where it was, however the second one is cut', async () => {
  const line = { ...candidate('0.0'), text: 'abcd', token_count: 4 };
  const it = backend(ndjson(piece(0, 'ab')), ndjson(piece(0, 'a'), piece(1, 'bc'), piece(3, 'd'), line, done));
  expect(await generate(it)).toEqual([piece(0, 'ab'), piece(2, 'c'), piece(3, 'd'), line, done]);
});

test('pieces that do not join to what came before are a `backend_error`', async () => {
  const it = backend(ndjson(piece(0, 'ab')), ndjson(piece(0, 'xy'), candidate('0.0'), done));
  await expect(generate(it)).rejects.toMatchObject({ code: 'backend_error', mayHaveSpent: true });
  const gap = backend(ndjson(piece(1, 'b')));
  await expect(generate(gap)).rejects.toMatchObject({ code: 'backend_error' });
});

test('a stream that breaks off twice is a `backend_error`, after the lines that came', async () => {
  const it = backend(ndjson(candidate('0.0')));
  const lines: GenerateLine[] = [];
  const reading = (async () => {
    for await (const line of it.port.generate(request, signal)) lines.push(line);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'backend_error' });
  expect(lines).toEqual([candidate('0.0')]);
  expect(it.calls).toHaveLength(2);
});

test('a backend that is killed in the middle broke off: it may have spent, whatever the second try meets', async () => {
  const it = backend(ndjson(candidate('0.0')), new TypeError('fetch failed'));
  await expect(generate(it)).rejects.toMatchObject({ code: 'backend_error' });
});

test.each([
  { name: 'no JSON', body: '{"type":"candidate",\n' },
  { name: 'another JSON', body: '{"type":"candidate","id":"0.0"}\n' },
  { name: 'an unknown kind of line', body: '{"type":"thought","id":"0.0"}\n' },
  { name: 'a path that is none', body: `${JSON.stringify({ ...candidate('0.0'), id: '../x' })}\n` },
  {
    name: 'a number that is none',
    body: `${JSON.stringify(candidate('0.0')).replace('"token_count":1', '"token_count":null')}\n`,
  },
  { name: 'nothing at all', body: '' },
])('$name is a `backend_error` that says none of it', async ({ body }) => {
  const failure = await failureOf(generate(backend(() => new Response(body))));
  expect(failure).toMatchObject({ code: 'backend_error' });
  expect(failure.message).not.toContain('type');
});

test('lines that are cut anywhere, within a character too, are whole', async () => {
  const line = { ...candidate('0.0'), text: 'gr\u00FC\u00DFe \u{1F600}' };
  const bytes = new TextEncoder().encode([line, done].map((one) => JSON.stringify(one)).join('\n'));
  const dripping = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await generate(backend(() => new Response(dripping)))).toEqual([line, done]);
});

test('what comes after `done` is not read', async () => {
  expect(await generate(backend(ndjson(...whole, candidate('0.2'))))).toEqual(whole);
});

test.each([
  { status: 400, code: 'context_length_exceeded' },
  { status: 422, code: 'prompt_unsupported' },
  { status: 404, code: 'model_not_found' },
])('the refusal $code is the caller’s to mend, said as the backend says it, once', async ({ status, code }) => {
  const it = backend(refusal(status, code));
  await expect(generate(it)).rejects.toMatchObject({ code, message: 'said by the backend' });
  expect(it.calls).toHaveLength(1);
});

test.each([
  { status: 400, code: 'invalid_value' },
  { status: 400, code: 'unknown_parameter' },
  { status: 401, code: 'invalid_api_key' },
  { status: 404, code: 'unknown_url' },
  { status: 500, code: 'internal_error' },
  { status: 418, code: 'teapot' },
])('the refusal $code is between edge and backend: a `backend_error`', async ({ status, code }) => {
  const failure = await failureOf(generate(backend(refusal(status, code))));
  expect(failure).toMatchObject({ code: 'backend_error', message: `The backend answered with status ${status}.` });
});

test.each([
  { param: 'prompt.messages[0].role', field: 'messages[0].role' },
  { param: 'prompt.text', field: 'prompt' },
  { param: 'prefixes[3].tokens', field: null },
])('a refusal about $param names the caller’s own field: $field', async ({ param, field }) => {
  const failure = await failureOf(generate(backend(refusal(422, 'prompt_unsupported', { param }))));
  expect(failure).toMatchObject({ code: 'prompt_unsupported', param: field });
});

test('a busy backend is asked again after a short Retry-After, and told with it after a long one', async () => {
  const short = backend(refusal(429, 'rate_limit_exceeded', {}, { 'retry-after': '1' }), ndjson(...whole));
  expect(await generate(short)).toEqual(whole);
  expect(short.waits[0]).toBeGreaterThanOrEqual(750);
  const long = backend(refusal(429, 'rate_limit_exceeded', {}, { 'retry-after': '60' }));
  await expect(generate(long)).rejects.toMatchObject({ code: 'rate_limit_exceeded', retryAfter: 60 });
  expect(long.calls).toHaveLength(1);
});

test('a 503 without an error object is a backend that is not ready yet', async () => {
  const it = backend(() => new Response('{"status":"loading"}', { status: 503 }));
  await expect(generate(it)).rejects.toMatchObject({ code: 'backend_unreachable', message: 'The backend is not ready yet.' });
  expect(it.calls).toHaveLength(3);
});

test.each(['null', '[]', '"text"', '{"error":"text"}', '{"error":null}', '<html>'])(
  'a refusal whose body is %s is a `backend_error` all the same',
  async (body) => {
    await expect(generate(backend(() => new Response(body, { status: 500 })))).rejects.toMatchObject({ code: 'backend_error' });
  },
);

test('a signal that is aborted is told to the backend, is `deadline_exceeded`, and is not tried again', async () => {
  const leaving = new AbortController();
  let body: ReadableStream<Uint8Array> | undefined;
  let cancelled: unknown;
  const it = backend((init) => {
    body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(candidate('0.0'))}\n`));
        init.signal!.addEventListener('abort', () => {
          cancelled = init.signal!.reason;
          controller.error(init.signal!.reason);
        });
      },
    });
    return new Response(body);
  });
  const lines = it.port.generate(request, leaving.signal)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toEqual(candidate('0.0'));
  leaving.abort(new Error('left'));
  await expect(lines.next()).rejects.toMatchObject({ code: 'deadline_exceeded' });
  expect(cancelled).toMatchObject({ message: 'left' });
  expect(it.calls).toHaveLength(1);
});

test('a signal that is aborted before the answer begins is `deadline_exceeded`', async () => {
  const it = backend((init) => {
    init.signal!.throwIfAborted();
    return new Response();
  });
  await expect(generate(it, AbortSignal.abort())).rejects.toMatchObject({ code: 'deadline_exceeded' });
});

test('a reader that has enough cancels the stream', async () => {
  let cancelled = false;
  const it = backend(
    () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(`${JSON.stringify(candidate('0.0'))}\n`)),
          cancel: () => {
            cancelled = true;
          },
        }),
      ),
  );
  for await (const _line of it.port.generate(request, signal)) break;
  expect(cancelled).toBe(true);
});

const scored = { scores: [{ id: '0.0', ok: true, value: 1.5, tokens: 4 }], usage: { calls: 1, candidates: 1, tokens: 4 } };

test('scores are one POST, tried again under the same key', async () => {
  const it = backend(new TypeError('fetch failed'), () => new Response(JSON.stringify(scored)));
  expect(await it.port.score(scoring, signal)).toEqual(scored);
  expect(it.calls.map(({ url }) => url)).toEqual(Array(2).fill('http://backend/score'));
  expect(it.calls[0]!.init.body).toBe(it.calls[1]!.init.body);
});

test.each([
  { name: 'no JSON', body: '{' },
  { name: 'a score that is null', body: JSON.stringify(scored).replace('1.5', 'null') },
  { name: 'no usage', body: '{"scores":[]}' },
])('an answer with $name is a `backend_error`', async ({ body }) => {
  await expect(backend(() => new Response(body)).port.score(scoring, signal)).rejects.toMatchObject({ code: 'backend_error' });
});

test('models are listed as the backend lists them', async () => {
  const models = [{ name: 'policy', kind: 'policy', context: 512, chat_template: true, fingerprint: 'a' }];
  const it = backend(() => new Response(JSON.stringify({ models })));
  expect(await it.port.models(signal)).toEqual(models);
  expect(it.calls[0]!.url).toBe('http://backend/models');
});

test.each([
  { name: 'answers 200', answer: () => new Response('{"status":"ok"}'), ready: true },
  { name: 'answers 503', answer: () => new Response('{}', { status: 503 }), ready: false },
  { name: 'cannot be reached', answer: new TypeError('fetch failed'), ready: false },
  {
    name: 'breaks off',
    answer: () => new Response(new ReadableStream({ cancel: () => Promise.reject(new Error('broken')) })),
    ready: false,
  },
])('a backend that $name is ready: $ready', async ({ answer, ready }) => {
  const it = backend(answer);
  expect(await it.port.ready(signal)).toBe(ready);
  expect(it.calls).toHaveLength(1);
});
