import { expect, test, vi } from 'vitest';
import type { GenerateLine } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { messages, serve } from './served.ts';

interface Event {
  readonly event: string | undefined;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of an event
  readonly data: any;
}

const eventOf = (block: string): Event => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const data = field('data') ?? 'null';
  return { event: field('event'), id: field('id'), data: data === '[DONE]' ? data : JSON.parse(data) };
};
const blocks = (text: string): string[] => text.split('\n\n').filter((block) => block !== '');
const events = (text: string): Event[] =>
  blocks(text)
    .filter((block) => !block.startsWith(':'))
    .map(eventOf);

/** Lines that come when the test says so. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('a native stream tells each event as it comes, counts from 1, and ends with the result', async () => {
  const { post } = serve();
  const body = { messages, n: 3, sampling: { seed: 1 } };
  const { headers, body: text } = await post('/v1/best-of-n', { ...body, stream: true });
  expect(headers.get('content-type')).toContain('text/event-stream');
  expect(headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(headers.get('x-request-id')).toMatch(/^req_/);
  const told = events(text);
  expect(told.map(({ event }) => event)).toEqual(['candidate', 'candidate', 'candidate', 'score', 'score', 'score', 'result']);
  expect(told.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  const { id: _, created: __, timing: ___, ...streamed } = told.at(-1)!.data;
  const plain = (await post('/v1/best-of-n', body)).body;
  expect(plain).toMatchObject({ ...streamed, budget: { limits: streamed.budget.limits } });
  expect(text).not.toContain('[DONE]');
});

test('a search tells its rounds', async () => {
  const { body } = await serve({ behaviour: { ends: 0.1 } }).post('/v1/search', {
    messages,
    options: { keep: 2, branch: 2 },
    stream: true,
  });
  const rounds = events(body).filter(({ event }) => event === 'round');
  expect(rounds.map(({ data }) => data.round)).toEqual(rounds.map((_, place) => place));
  const spent = rounds.map(({ data }) => data.spent.tokens);
  expect(spent).toEqual(spent.toSorted((a, b) => a - b));
});

test('events go out before the run has ended', async () => {
  const { open, opened } = gate();
  const { request } = serve({
    behaviour: {
      instead: (_, lines) =>
        (async function* () {
          yield lines[0]!;
          await opened;
          yield* lines.slice(1);
        })(),
    },
  });
  const body = JSON.stringify({ messages, n: 2, stream: true });
  const response = await request('/v1/best-of-n', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toContain('event: candidate');
  open();
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value;
  expect(rest).toContain('event: result');
});

test('what fails before anything was told has its HTTP status', async () => {
  const { post } = serve({
    port: {
      // biome-ignore lint/correctness/useYield: it fails before its first line
      generate: async function* () {
        throw new WinnowError('prompt_unsupported', 'no');
      },
    },
  });
  const answer = await post('/v1/best-of-n', { messages, stream: true });
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'prompt_unsupported' } } });
  expect((await post('/v1/best-of-n', { messages, n: 0, stream: true })).status).toBe(400);
});

test('what fails later is the last event, with the usage so far', async () => {
  const failing = (lines: readonly GenerateLine[]) =>
    (async function* () {
      yield lines[0]!;
      throw new TypeError('secret');
    })();
  const { post } = serve({ behaviour: { instead: (_, lines) => failing(lines) } });
  const { status, body } = await post('/v1/best-of-n', { messages, n: 2, stream: true });
  expect(status).toBe(200);
  expect(events(body).map(({ event }) => event)).toEqual(['candidate', 'error']);
  expect(events(body).at(-1)!.data.error).toMatchObject({ code: 'internal_error' });
  expect(body).not.toContain('secret');
});

test('a reader who leaves ends the work', async () => {
  let told: AbortSignal | undefined;
  const { open, opened } = gate();
  const { request, backend } = serve({
    port: {
      generate: async function* (asked, signal) {
        told = signal;
        for await (const line of backend.generate(asked, signal)) {
          yield line;
          break;
        }
        signal.addEventListener('abort', open);
        await opened;
        signal.throwIfAborted();
      },
    },
  });
  const body = JSON.stringify({ messages, n: 2, stream: true });
  const response = await request('/v1/best-of-n', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await opened;
  expect(told!.aborted).toBe(true);
});

test('a request whose client leaves ends the work too, without a stream', async () => {
  const leaving = new AbortController();
  const seen = gate();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { request } = serve({
    port: {
      // biome-ignore lint/correctness/useYield: it waits for the end
      generate: async function* (_, signal) {
        leaving.abort();
        if (signal.aborted) seen.open();
        signal.throwIfAborted();
      },
    },
  });
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages }),
    signal: leaving.signal,
  };
  await request('/v1/best-of-n', init).catch(() => {});
  await seen.opened;
  vi.restoreAllMocks();
});

test('a silent stream says that it lives', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  const { open, opened } = gate();
  const { request } = serve({
    behaviour: {
      instead: (_, lines) =>
        (async function* () {
          await opened;
          yield* lines;
        })(),
    },
  });
  const body = JSON.stringify({ messages, n: 1, stream: true });
  const asking = request('/v1/best-of-n', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await vi.advanceTimersByTimeAsync(5_000); // headers go out without a sign of life then
  const response = await asking;
  const reading = response.text();
  await vi.advanceTimersByTimeAsync(15_000);
  open();
  expect(await reading).toMatch(/^: keep-alive\n\nevent: candidate/);
  vi.useRealTimers();
});

test('chat streams OpenAI chunks: role, text, finish reason with the report, usage where asked, [DONE]', async () => {
  const asked = { model: 'writer@best_of_n:2', messages, seed: 1, stream: true, stream_options: { include_usage: true } };
  const { body } = await serve().post('/v1/chat/completions', asked);
  const chunks = events(body).map(({ data }) => data);
  expect(chunks.at(-1)).toBe('[DONE]');
  expect(chunks.slice(0, -1).every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
  const [role, text, last, usage] = chunks;
  expect(role).toMatchObject({ usage: null, choices: [{ index: 0, delta: { role: 'assistant' }, finish_reason: null }] });
  expect(text.choices[0].delta.content).toEqual(expect.any(String));
  expect(last).toMatchObject({
    choices: [{ delta: {}, finish_reason: expect.any(String) }],
    winnow: { strategy: 'best_of_n', seed: 1 },
  });
  expect(usage).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
  expect(blocks(body).filter((block) => block.startsWith(':')).length).toBeGreaterThan(0); // progress is a comment
});

test('chat without `include_usage` has no usage, and a failure in the middle is a chunk with the error', async () => {
  const { body } = await serve().post('/v1/chat/completions', { messages, stream: true });
  expect(events(body).some(({ data }) => data.usage !== undefined)).toBe(false);
  const failing = serve({
    behaviour: {
      instead: (_, lines) =>
        (async function* () {
          yield lines[0]!;
          throw new TypeError('secret');
        })(),
    },
  });
  const broken = await failing.post('/v1/chat/completions', { messages, n: 2, seed: 5, stream: true });
  expect(events(broken.body).at(-1)!.data.error.code).toBe('internal_error');
});
