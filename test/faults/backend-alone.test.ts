/** The backend in a process of its own, without the edge before it: told to end, and asked for what nobody should ask for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBackend, startBackend } from '../../bench/engine/load/backend.ts';
import { sumOf } from '../../bench/engine/load/exposition.ts';

const MODEL = 'gpu-backend/weights/policy';
const DRAIN_MS = 9_000;
let backend: RunningBackend;
beforeAll(async () => {
  backend = await startBackend({ model: MODEL, reward: true });
});
afterAll(() => backend.stop());

interface Refusal {
  readonly error: { readonly code: string; readonly param: string | null; readonly type: string };
}

const post = (path: string, body: unknown, init: RequestInit = {}, { url } = backend): Promise<Response> =>
  fetch(url + path, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
const refusal = async (response: Response) => {
  const { error } = (await response.json()) as Refusal;
  return [response.status, error.code, error.param];
};

const generateBody = (changes: object = {}) => ({
  key: `alone:${Math.random()}`,
  model: 'policy',
  prompt: { text: '1' },
  prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 8 }],
  until: 'end',
  step: { delimiter: '\n', max_tokens: 8 },
  sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 8, stop: [] },
  seed: 1,
  deadline_ms: 30_000,
  ...changes,
});
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const COMPLETIONS = '/v1/completions';
const CHAT = '/v1/chat/completions';

/** A long answer of this backend, once its first token is there. */
async function stream(from: RunningBackend, prompts: number): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const body = { prompt: new Array(prompts).fill('1'), n: 16, max_tokens: 200, ignore_eos: true, stream: true };
  const reader = (await post(COMPLETIONS, body, {}, from)).body!.getReader();
  await reader.read();
  return reader;
}

async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = '';
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += new TextDecoder().decode(read.value);
  return text;
}

async function ended(process: RunningBackend, limitMs: number): Promise<number> {
  const began = performance.now();
  await expect.poll(process.exit, { timeout: limitMs, interval: 20 }).not.toBeNull();
  return performance.now() - began;
}

test('told to end, it writes the open stream to its end, takes nothing new, and ends with 0', async () => {
  const ending = await startBackend({ model: MODEL });
  const reader = await stream(ending, 1);
  const stopped = ending.stop();
  await expect
    .poll(() =>
      post(COMPLETIONS, { prompt: '1' }, {}, ending).then(
        ({ status }) => status,
        () => 'refused',
      ),
    )
    .toBe('refused');
  const text = await rest(reader);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  await stopped;
  expect(ending.exit()).toBe(0);
});

test('told to end with more than it can finish, it cuts what is open after 9 s and ends with 0', async () => {
  const ending = await startBackend({ model: MODEL, slots: 1 });
  const reader = await stream(ending, 200);
  const cut = rest(reader).then(
    (text) => !text.includes('[DONE]'),
    () => true,
  );
  const began = performance.now();
  await ending.stop();
  expect(ending.exit()).toBe(0);
  const ms = performance.now() - began;
  expect(ms).toBeGreaterThan(DRAIN_MS - 500); // what could be finished was
  expect(ms).toBeLessThan(DRAIN_MS + 5000);
  expect(await cut).toBe(true);
});

test('killed, it leaves its clients with an error at once, not with half an answer for a whole one', async () => {
  const dying = await startBackend({ model: MODEL });
  const whole = post(COMPLETIONS, { prompt: '1', n: 128, max_tokens: 200, ignore_eos: true }, {}, dying).then((r) => r.text());
  const reader = await stream(dying, 1);
  const told = Promise.allSettled([whole, rest(reader)]);
  dying.kill('SIGKILL');
  await ended(dying, 5000);
  expect((await told).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test.each([
  { name: 'a list nested a million deep', path: COMPLETIONS, body: nested(1_000_000), says: [400, 'invalid_value', null] },
  {
    name: 'a prompt nested deep',
    path: COMPLETIONS,
    body: `{"prompt": ${nested(100_000)}}`,
    says: [400, 'invalid_value', 'prompt'],
  },
  {
    name: 'an unserved member nested deep',
    path: COMPLETIONS,
    body: `{"prompt": "1", "logit_bias": ${nested(100_000)}}`,
    says: [400, 'unsupported_value', 'logit_bias'],
  },
  {
    name: 'modalities nested deep',
    path: CHAT,
    body: `{"messages": [{"role": "user", "content": "1"}], "modalities": ${nested(100_000)}}`,
    says: [400, 'unsupported_value', 'modalities'],
  },
  {
    name: 'content nested deep',
    path: CHAT,
    body: `{"messages": [{"role": "user", "content": ${nested(100_000)}}]}`,
    says: [400, 'invalid_value', 'messages[0].content[0]'],
  },
  {
    name: 'a number beyond all',
    path: COMPLETIONS,
    body: '{"prompt": "1", "temperature": 1e999}',
    says: [400, 'invalid_value', 'temperature'],
  },
  { name: 'a seed beyond all', path: COMPLETIONS, body: '{"prompt": "1", "seed": 1e300}', says: [400, 'invalid_value', 'seed'] },
  { name: 'half a character', path: COMPLETIONS, body: '{"prompt": "\\ud800"}', says: [422, 'prompt_unsupported', 'prompt'] },
  { name: 'a null character', path: COMPLETIONS, body: '{"prompt": "1\\u0000"}', says: [422, 'prompt_unsupported', 'prompt'] },
  {
    name: 'bytes that are no text',
    path: COMPLETIONS,
    body: Uint8Array.of(123, 0xff, 0xfe, 125),
    says: [400, 'invalid_json', null],
  },
  {
    name: 'a body of 20 MB',
    path: COMPLETIONS,
    body: `{"prompt": "${'1'.repeat(20 << 20)}"}`,
    says: [413, 'request_too_large', null],
  },
  {
    name: 'a million ids',
    path: COMPLETIONS,
    body: { prompt: new Array(1_000_000).fill(5) },
    says: [400, 'context_length_exceeded', 'prompt'],
  },
  {
    name: 'two million ids',
    path: COMPLETIONS,
    body: { prompt: new Array(2_000_000).fill(5) },
    says: [400, 'invalid_value', 'prompt'],
  },
  {
    name: 'a text of 4 million characters',
    path: COMPLETIONS,
    body: { prompt: '1'.repeat(4e6) },
    says: [400, 'context_length_exceeded', 'prompt'],
  },
  {
    name: 'a message of 4 million characters',
    path: CHAT,
    body: { messages: [{ role: 'user', content: '1'.repeat(4e6) }] },
    says: [400, 'context_length_exceeded', 'messages'],
  },
  {
    name: '10,000 prompts',
    path: COMPLETIONS,
    body: { prompt: new Array(10_000).fill('1') },
    says: [400, 'invalid_value', 'prompt'],
  },
  {
    name: '10,000 prefixes',
    path: '/generate',
    body: generateBody({
      prefixes: Array.from({ length: 10_000 }, (_, i) => ({ id: `0.${i}`, text: '1', count: 1, first_child: 0, max_tokens: 1 })),
    }),
    says: [400, 'invalid_value', 'prefixes'],
  },
  { name: 'k = 0', path: COMPLETIONS, body: { prompt: '1', n: 0 }, says: [400, 'invalid_value', 'n'] },
  {
    name: 'k = 0 of a prefix',
    path: '/generate',
    body: generateBody({ prefixes: [{ id: '0', text: '', count: 0, first_child: 0, max_tokens: 1 }] }),
    says: [400, 'invalid_value', 'prefixes[0].count'],
  },
  { name: 'an empty prompt', path: COMPLETIONS, body: { prompt: '' }, says: [400, 'invalid_value', 'prompt'] },
  {
    name: 'an empty raw prompt',
    path: '/generate',
    body: generateBody({ prompt: { text: '' } }),
    says: [400, 'invalid_value', 'prompt.text'],
  },
  {
    name: 'a member of every prototype',
    path: COMPLETIONS,
    body: '{"__proto__": {"prompt": "1"}}',
    says: [400, 'missing_required_parameter', 'prompt'],
  },
  {
    name: 'a model that is a path',
    path: COMPLETIONS,
    body: { prompt: '1', model: '../policy' },
    says: [404, 'model_not_found', 'model'],
  },
  {
    name: 'a model of every prototype',
    path: COMPLETIONS,
    body: { prompt: '1', model: '__proto__' },
    says: [404, 'model_not_found', 'model'],
  },
])('$name is refused in its words, within 5 s, and nothing is held', async ({ path, body, says }) => {
  const began = performance.now();
  expect(await refusal(await post(path, body))).toEqual(says);
  expect(performance.now() - began).toBeLessThan(5000);
  const families = await backend.metrics();
  for (const name of ['winnow_num_requests_running', 'winnow_num_requests_waiting', 'winnow_kv_cache_bytes'])
    expect(sumOf(families, name)).toBe(0);
  expect(backend.exit()).toBeNull();
});

test('1,024 prefixes are served, each with its line', async () => {
  const prefixes = Array.from({ length: 1024 }, (_, place) => ({
    id: `0.${place}`,
    text: String(place),
    count: 1,
    first_child: 0,
    max_tokens: 2,
  }));
  const text = await (await post('/generate', generateBody({ prefixes }))).text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; parent?: string });
  expect(new Set(lines.flatMap(({ parent }) => (parent === undefined ? [] : [parent]))).size).toBe(1024);
  expect(lines.at(-1)!.type).toBe('done');
});

test('a body that stops in its middle holds nothing, and the next is served', async () => {
  const half = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"prompt": "1'));
      setTimeout(() => controller.error(new Error('The client broke off.')), 20);
    },
  });
  await expect(post(COMPLETIONS, '', { body: half, duplex: 'half' } as RequestInit)).rejects.toThrow();
  expect((await post(COMPLETIONS, { prompt: '1' })).status).toBe(200);
});

test('no metric ever tells of a prompt, a name that was asked for, or a path', async () => {
  await post(COMPLETIONS, { prompt: 'secret words', model: 'secret-model' });
  await post('/v1/secret-path', {});
  await fetch(`${backend.url}/v1/models/secret-model`);
  const text = await (await fetch(`${backend.url}/metrics`)).text();
  expect(text).not.toContain('secret');
  expect(text).toContain('winnow_http_requests_total{route="other",status="404"}');
});
