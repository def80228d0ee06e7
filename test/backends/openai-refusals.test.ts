import { afterEach, expect, test, vi } from 'vitest';
import { failureOf } from './collect.ts';
import type { Wished } from './openai-port.ts';
import { DONE, delta, events, KEY, linesOf, never, portOver, prefixOf, requestOf } from './openai-port.ts';

const RETRY_MS = 5_000; // pauses before a retry are shorter, the time that a stream may be silent is longer
const waits: number[] = [];
const wait = setTimeout;
vi.stubGlobal('setTimeout', (resume: () => void, ms: number) => {
  if (ms > RETRY_MS) return wait(resume, ms);
  waits.push(ms);
  return setImmediate(resume);
});
afterEach(() => {
  waits.length = 0;
});

async function refused(status: number, body: unknown, headers: Record<string, string> = {}, wished: Wished = {}) {
  let calls = 0;
  const port = portOver(() => {
    calls += 1;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  }, wished);
  const failure = await failureOf(linesOf(port, requestOf()));
  return { code: failure.code, message: failure.message, param: failure.param, retryAfter: failure.retryAfter, calls };
}

test.each([
  {
    name: 'OpenAI',
    status: 400,
    body: { error: { message: 'Invalid stop.', type: 'invalid_request_error', param: 'stop', code: null } },
  },
  { name: 'vLLM', status: 400, body: { error: { message: 'Invalid stop.', type: 'BadRequestError', param: null, code: 400 } } },
  {
    name: 'an older vLLM, SGLang',
    status: 400,
    body: { object: 'error', message: 'Invalid stop.', type: 'BadRequestError', code: 400 },
  },
  { name: 'TEI', status: 422, body: { error: 'Invalid stop.', error_type: 'Validation' } },
  { name: 'FastAPI', status: 422, body: { detail: [{ loc: ['body', 'stop'], msg: 'Invalid stop.', type: 'value_error' }] } },
  { name: 'FastAPI in words', status: 400, body: { detail: 'Invalid stop.' } },
  {
    name: 'a list (Gemini)',
    status: 400,
    body: [{ error: { code: 400, message: 'Invalid stop.', status: 'INVALID_ARGUMENT' } }],
  },
  { name: 'plain text', status: 400, body: 'Invalid stop.' },
])('what $name says is said with ours, once', async ({ status, body }) => {
  const { code, message, calls } = await refused(status, body);
  expect({ code, calls }).toEqual({ code: 'backend_error', calls: 1 });
  expect(message).toBe(`The server of this policy answered with status ${status}. It says: "Invalid stop.".`);
});

test.each([
  { body: { error: { message: 'Too long.', code: 'context_length_exceeded' } } },
  {
    body: {
      error: {
        code: 400,
        message: 'request (9001 tokens) exceeds the available context size (2048 tokens), try increasing it',
        type: 'exceed_context_size_error',
      },
    },
  },
  {
    body: {
      object: 'error',
      message: "This model's maximum context length is 2048 tokens. However, you requested 9001 tokens.",
      code: 400,
    },
  },
  { body: { error: { message: "The input (9001 tokens) is longer than the model's context length (2048 tokens).", code: 400 } } },
  { body: { error: 'Input validation error: `inputs` must have less than 1024 tokens. Given: 9001', error_type: 'validation' } },
  { body: { detail: 'The prompt is too long: 9001' } },
])('$body is `context_length_exceeded` of the prompt', async ({ body }) => {
  expect(await refused(400, body)).toMatchObject({ code: 'context_length_exceeded', param: 'messages', calls: 1 });
});

test.each([
  {
    name: 'refused',
    status: 401,
    wished: { key: KEY, config: { key: 'SERVER_KEY' } },
    says: 'refuses the key in the environment variable SERVER_KEY',
  },
  {
    name: 'not set',
    status: 401,
    wished: { config: { key: 'SERVER_KEY' } },
    says: 'the environment variable SERVER_KEY is not set',
  },
  { name: 'not named', status: 403, wished: {}, says: 'Name the environment variable' },
])(
  'a key that is $name is a `backend_error` that says where it is held, and never what it is',
  async ({ status, wished, says }) => {
    const said = await refused(
      status,
      { error: { message: `Incorrect API key provided: ${KEY}.`, code: 'invalid_api_key' } },
      {},
      wished,
    );
    expect(said).toMatchObject({ code: 'backend_error', calls: 1 });
    expect(said.message).toContain(says);
    expect(said.message).not.toContain('sk-');
  },
);

test.each([
  {
    name: 'a model',
    body: { error: { message: 'The model `served` does not exist', code: 'model_not_found' } },
    says: 'has no model "served"',
  },
  {
    name: 'a route',
    body: { error: { message: 'File Not Found', type: 'not_found_error', code: 404 } },
    says: 'has no route /chat/completions',
  },
  { name: 'a route, in the words of FastAPI', body: { detail: 'Not Found' }, says: 'has no route /chat/completions' },
])('$name that is not there is said so', async ({ body, says }) => {
  const said = await refused(404, body);
  expect(said).toMatchObject({ code: 'backend_error', calls: 1 });
  expect(said.message).toContain(says);
});

test.each([
  { headers: { 'retry-after': '60' }, retryAfter: 60 },
  { headers: { 'retry-after-ms': '60000' }, retryAfter: 60 },
  { headers: { 'x-ms-retry-after-ms': '60000', 'retry-after': '1' }, retryAfter: 60 },
  { headers: { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }, retryAfter: expect.closeTo(90, -1) },
])('a busy server that says how long is not asked again before: $headers', async ({ headers, retryAfter }) => {
  const said = await refused(429, { error: { message: 'Slow down.', code: 'rate_limit_exceeded' } }, headers);
  expect(said).toMatchObject({ code: 'rate_limit_exceeded', retryAfter, calls: 1 });
});

test.each(['', 'soon', '-5', 'NaN', '0'])(
  'a busy server whose Retry-After is "%s" is asked again after about a second',
  async (given) => {
    const said = await refused(429, {}, given === '' ? {} : { 'retry-after': given });
    expect(said).toMatchObject({ code: 'rate_limit_exceeded', retryAfter: 1, calls: 3 });
    expect(waits.filter((ms) => ms >= 750 && ms <= 1250)).toHaveLength(2);
  },
);

test('no credit is not asked again', async () => {
  const said = await refused(429, {
    error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
  });
  expect(said).toMatchObject({ code: 'backend_error', calls: 1 });
});

test('a server that is loading is asked again; one that fails before a stream too', async () => {
  expect(await refused(503, { error: { message: 'Loading model', code: 503 } })).toMatchObject({
    code: 'backend_unreachable',
    calls: 3,
  });
  expect(await refused(500, { error: { message: 'oops' } })).toMatchObject({ code: 'backend_error', calls: 3 });
});

test('one that fails where it may have worked is not asked again, and may have spent', async () => {
  let calls = 0;
  const failing = () => {
    calls += 1;
    return new Response('{}', { status: 500 });
  };
  const port = portOver(failing, { config: { stream: false } });
  expect(await failureOf(linesOf(port, requestOf()))).toMatchObject({ code: 'backend_error', mayHaveSpent: true });
  expect(calls).toBe(1);
});

test.each([301, 302, 307, 308])('a redirect (%i) is refused: the key would go along', async (status) => {
  const asked: RequestInit[] = [];
  const port = portOver((_, init) => {
    asked.push(init);
    return new Response(null, { status, headers: { location: 'http://other/v1' } });
  });
  const failure = await failureOf(linesOf(port, requestOf()));
  expect(failure).toMatchObject({ code: 'backend_error' });
  expect(failure.message).toMatch(/redirect.*not followed/);
  expect(failure.message).not.toContain('other');
  expect(asked.map(({ redirect }) => redirect)).toEqual(['manual']);
});

test('its words are told without addresses, paths and keys, and not at length', async () => {
  const words = `At http://10.0.0.7:8000/v1 and 10.0.0.7:8000 and localhost:8000 the file /models/secret/llama.gguf with ${KEY} and sk-other123 failed. `;
  const { message } = await refused(
    400,
    { error: { message: words.repeat(9) } },
    {},
    { key: KEY, config: { key: 'SERVER_KEY' } },
  );
  expect(message).not.toMatch(/10\.0|localhost|secret|sk-/);
  expect(message.length).toBeLessThan(400);
});

test('the page of a proxy is not told', async () => {
  expect((await refused(502, '<html><body>nginx at inner.host</body></html>')).message).toBe(
    'The server of this policy answered with status 502.',
  );
});

test.each([
  {
    name: 'an error object with status 200',
    answer: () => Response.json({ error: { message: 'No.', code: 400 } }),
    code: 'backend_error',
    says: 'No.',
  },
  {
    name: 'a flat one',
    answer: () => Response.json({ object: 'error', message: 'No.', code: 500 }),
    code: 'backend_error',
    says: 'No.',
  },
  {
    name: 'an error event',
    answer: () => events({ error: { message: 'No.', code: 429 } }, DONE),
    code: 'rate_limit_exceeded',
    says: 'No.',
  },
  {
    name: 'an error field of llama.cpp',
    answer: () => events('error: {"code":500,"message":"No."}\n\n'),
    code: 'backend_error',
    says: 'No.',
  },
])('$name is the failure that it says', async ({ answer, code, says }) => {
  const failure = await failureOf(linesOf(portOver(answer), requestOf()));
  expect(failure).toMatchObject({ code });
  expect(failure.message).toContain(says);
});

test('an error event after some text keeps the text', async () => {
  const all = await linesOf(
    portOver(() => events(delta('one'), { error: { message: 'No.' } })),
    requestOf(),
  );
  expect(all[0]).toMatchObject({ type: 'candidate', text: 'one', finish: 'cancelled' });
});

test.each([
  { name: 'messages where it has no chat', config: { api: 'completions' as const }, request: {}, param: 'messages' },
  {
    name: 'raw text where it has chat alone',
    config: { api: 'chat' as const },
    request: { prompt: { text: 'x' } },
    param: 'prompt',
  },
  { name: 'to go on where it cannot', config: {}, request: { prefixes: [prefixOf({ text: 'one' })] }, param: 'model' },
  {
    name: 'steps where they cannot be told',
    config: { continuation: 'prefill' as const },
    request: { until: 'step' as const },
    param: 'model',
  },
  { name: 'top_k', config: {}, request: { sampling: { ...requestOf().sampling, top_k: 4 } }, param: 'top_k' },
  { name: 'min_p', config: {}, request: { sampling: { ...requestOf().sampling, min_p: 0.1 } }, param: 'min_p' },
  { name: 'log-probabilities', config: { accepts: [] }, request: { top_logprobs: 0 }, param: 'logprobs' },
])('$name: `capability_missing`, and nothing is asked', async ({ config, request, param }) => {
  const port = portOver(() => expect.fail('It was asked.'), { config });
  await expect(async () => linesOf(port, requestOf(request))).rejects.toMatchObject({ code: 'capability_missing', param });
});

test('it scores nothing, and says what to do', async () => {
  const scoring = { key: 'k', model: 'm', prompt: { text: 'x' }, candidates: [{ id: '0.0', text: 'y' }], deadline_ms: 1 };
  await expect(async () => portOver(() => new Response()).score(scoring, never)).rejects.toMatchObject({
    code: 'capability_missing',
  });
});
