/** Plain chat, streamed as it is written: the chunks of it, over a backend in memory. */
import { expect, test, vi } from 'vitest';
import type { GenerateLine } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Behaviour } from '../runtime/scripted-backend.ts';
import { messages, serve } from './served.ts';

// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of a chunk
type Chunk = any;

const path = '/v1/chat/completions';
const chunksOf = (text: string): Chunk[] =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('data: '))
    .map((block) => (block === 'data: [DONE]' ? '[DONE]' : JSON.parse(block.slice(6))));
const ofIndex = (chunks: readonly Chunk[], index: number): Chunk[] =>
  chunks.flatMap(({ choices = [] }) => choices.filter((choice: Chunk) => choice.index === index));
const textOf = (chunks: readonly Chunk[], index: number): string =>
  ofIndex(chunks, index)
    .map(({ delta }) => delta.content ?? '')
    .join('');

const streamed = async (body: object, behaviour: Behaviour = { ends: 0.03 }): Promise<Chunk[]> =>
  chunksOf((await serve({ behaviour }).post(path, { messages, stream: true, ...body })).body);

/** Lines with something between them. */
const instead = (change: (lines: readonly GenerateLine[]) => Iterable<GenerateLine>): Behaviour => ({
  ends: 0,
  instead: (_, lines) =>
    (async function* () {
      yield* change(lines);
    })(),
});

test('chunks join to the answers of the same seed, with their log-probabilities, whatever cuts them', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const body = {
      messages,
      seed,
      n: [1, 4][seed % 2],
      stop: [undefined, 'b\nb', ['.', 'aab']][seed % 3],
      ...(seed % 5 === 0 ? {} : { logprobs: true, top_logprobs: 0 }),
      stream_options: undefined,
    };
    const { post } = serve({ behaviour: { ends: 0.03 } });
    const plain = (await post(path, body)).body;
    const chunks = chunksOf((await post(path, { ...body, stream: true, stream_options: { include_usage: true } })).body);
    expect(chunks.at(-1)).toBe('[DONE]');
    expect(chunks.at(-2)).toMatchObject({ choices: [], usage: plain.usage, system_fingerprint: plain.system_fingerprint });
    for (const { index, message, finish_reason, logprobs } of plain.choices) {
      const parts = ofIndex(chunks, index);
      expect(parts[0]).toEqual({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null });
      expect(parts.at(-1)).toEqual({ index, delta: {}, logprobs: null, finish_reason });
      expect(parts.filter((part) => part.finish_reason !== null)).toHaveLength(1);
      expect(parts.filter(({ delta }) => delta.role)).toHaveLength(1);
      expect(textOf(chunks, index)).toBe(message.content);
      if (logprobs) expect(parts.flatMap((part) => part.logprobs?.content ?? [])).toEqual(logprobs.content);
      else expect(parts.every((part) => part.logprobs === null)).toBe(true);
    }
  }
});

test('answers come side by side, each index in its order, and every chunk says the same of the stream', async () => {
  const chunks = (await streamed({ n: 4, seed: 1, model: 'writer' }, { ends: 0 })).slice(0, -1);
  const { id, created } = chunks[0];
  expect(id).toMatch(/^chatcmpl-[0-9a-f]{24}$/);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ id, created, model: 'writer', object: 'chat.completion.chunk' });
    expect(chunk).not.toHaveProperty('usage');
  }
  const order = chunks.map(({ choices }) => choices[0].index);
  expect(order.indexOf(3)).toBeLessThan(order.lastIndexOf(0));
});

test('warnings go with the last finish reason, and only there', async () => {
  const chunks = await streamed({ n: 3, seed: 1, favourite: 1 });
  const saying = chunks.filter(({ winnow }) => winnow);
  expect(saying).toHaveLength(1);
  expect(saying[0].winnow.warnings).toEqual(['The member "favourite" is not known and was ignored.']);
  expect(chunks.at(-2)).toBe(saying[0]);
  expect(saying[0].choices[0].finish_reason).toMatch(/^(stop|length)$/);
});

test('scaled runs ask for no pieces', async () => {
  const { post, backend } = serve();
  await post(path, { messages, stream: true, model: 'writer@best_of_n:2' });
  await post('/v1/best-of-n', { messages, stream: true, n: 2 });
  await post(path, { messages, n: 2 });
  expect(backend.requests.map(({ pieces }) => pieces)).toEqual([undefined, undefined, undefined]);
  await post(path, { messages, stream: true });
  expect(backend.requests.at(-1)!.pieces).toBe(true);
});

const errorLine: GenerateLine = { type: 'error', id: '0.1', code: 'internal_error', message: 'no' };
const failing = (lines: readonly GenerateLine[]) =>
  lines.map((line) => (line.type === 'candidate' && line.id === '0.1' ? errorLine : line));

test('an answer that fails on its way was cut; the others keep their index, streamed or not', async () => {
  const chunks = await streamed({ n: 3 }, instead(failing));
  expect(textOf(chunks, 1)).not.toBe('');
  for (const index of [0, 1, 2]) expect(ofIndex(chunks, index).at(-1)).toMatchObject({ delta: {}, finish_reason: 'length' });
  expect(chunks.at(-2).winnow.warnings).toEqual(['3 answers were asked for; 2 came to be.']);
  const { body } = await serve({ behaviour: instead(failing) }).post(path, { messages, n: 3 });
  expect(body.choices.map(({ index }: Chunk) => index)).toEqual([0, 2]);
});

test('an answer that failed before its first token is not there', async () => {
  const chunks = await streamed(
    { n: 3 },
    instead((lines) => failing(lines.filter((line) => line.type !== 'piece' || line.id !== '0.1'))),
  );
  expect(ofIndex(chunks, 1)).toEqual([]);
});

test('where all that came breaks off the stream ends with the error', async () => {
  const { post } = serve({
    behaviour: instead(function* (lines) {
      yield* lines.slice(0, 4);
      throw new WinnowError('backend_error', 'It broke off.', { mayHaveSpent: true });
    }),
  });
  const { status, body } = await post(path, { messages, stream: true });
  expect(status).toBe(200);
  const chunks = chunksOf(body);
  expect(textOf(chunks, 0)).not.toBe('');
  expect(chunks.at(-1)).toMatchObject({ error: { code: 'backend_error', message: 'It broke off.' } });
  expect(chunks.some((chunk) => chunk === '[DONE]')).toBe(false);
});

test.each([
  {
    name: 'a refusal',
    change: () => {
      throw new WinnowError('prompt_unsupported', 'no');
    },
    status: 422,
  },
  {
    name: 'nothing but a failure',
    change: () => {
      throw new WinnowError('backend_error', 'no');
    },
    status: 502,
  },
  {
    name: 'answers without a token, for want of time',
    change: (lines: readonly GenerateLine[]) =>
      lines
        .filter(({ type }) => type !== 'piece')
        .map((line) =>
          line.type === 'candidate'
            ? { ...line, text: '', tokens: [], token_count: 0, step_ends: [], finish: 'budget' as const }
            : line,
        ),
    status: 504,
  },
])('$name before the first token has its HTTP status: $status', async ({ change, status }) => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const answer = await serve({ behaviour: instead(change) }).post(path, { messages, stream: true, n: 2 });
  expect(answer.status).toBe(status);
  expect(answer.body.error).toBeDefined();
});

test('the first token goes out before the backend has finished, and a reader who leaves ends its work', async () => {
  let aborted = () => {};
  const left = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  const { request, backend } = serve({
    behaviour: { ends: 0 },
    port: {
      generate: async function* (asked, signal) {
        for await (const line of backend.generate(asked, signal)) {
          yield line;
          break;
        }
        signal.addEventListener('abort', aborted);
        await left;
        signal.throwIfAborted();
      },
    },
  });
  const headers = { 'content-type': 'application/json' };
  const response = await request(path, { method: 'POST', headers, body: JSON.stringify({ messages, stream: true }) });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/"content":"[^"]/.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`It ended without content: ${text}`);
    text += value;
  }
  await reader.cancel();
  await left;
});

test('a dry run is a plan, streamed or not', async () => {
  const { body } = await serve().post('/v1/chat/completions', { messages, stream: true, winnow: { dry_run: true } });
  expect(body).toMatchObject({ object: 'winnow.plan' });
});
