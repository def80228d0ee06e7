/** Plain chat streamed as it is written, read by the official client, on the running system. */
import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { describe, expect, inject, test } from 'vitest';
import shipped from '../../winnow.config.json' with { type: 'json' };
import { configured, shippedModels } from './configured.ts';
import { get, puzzle } from './winnow.ts';

const messages = [{ role: 'user' as const, content: puzzle }];
type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'messages' | 'model'>;

const clientOf = (url: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
const streamOf = (openai: OpenAI, body: object) =>
  openai.chat.completions.create({ model: 'puzzles', messages, ...body, stream: true } as const);

/** Candidates that the backend is writing now. */
async function running(): Promise<number> {
  const { text } = await get('/metrics', { url: inject('winnow').backendUrl });
  return Number(/^winnow_num_requests_running\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

async function expectSame(openai: OpenAI, body: Body): Promise<ChatCompletionChunk[]> {
  const whole = await openai.chat.completions.create({ model: 'puzzles', messages, ...body });
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of await streamOf(openai, { ...body, stream_options: { include_usage: true } })) chunks.push(chunk);
  for (const { index, message, finish_reason, logprobs } of whole.choices) {
    const parts = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
    expect(parts.map(({ delta }) => delta.content ?? '').join('')).toBe(message.content);
    expect(parts.flatMap((part) => part.logprobs?.content ?? [])).toEqual(logprobs?.content ?? []);
    expect(parts.map((part) => part.finish_reason).filter(Boolean)).toEqual([finish_reason]);
    expect(parts.at(-1)).toMatchObject({ delta: {}, finish_reason });
  }
  const { prompt_tokens_details: _, ...usage } = whole.usage!;
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
  return chunks;
}

const stops = [undefined, '\n', ' = ', ['| ', '7'], [' = 45', '\nA']];

test('the first content comes while the backend still writes, and there is much of it before the end', async () => {
  const openai = clientOf(inject('winnow').url);
  let atFirst: number | undefined;
  let deltas = 0;
  for await (const { choices } of await streamOf(openai, { n: 64, temperature: 2 })) {
    if (!choices[0]?.delta.content) continue;
    deltas += 1;
    atFirst ??= await running();
  }
  expect(atFirst).toBeGreaterThan(0);
  expect(deltas).toBeGreaterThan(64 * 2);
});

test('deltas join to the answer of the same seed: one and four answers, stop strings, log-probabilities', async () => {
  const openai = clientOf(inject('winnow').url);
  let contents = 0;
  for (let seed = 0; seed < 40; seed++) {
    const stop = stops[seed % stops.length];
    const body = {
      seed,
      n: [1, 4][seed % 2]!,
      ...(stop === undefined ? {} : { stop }),
      ...(seed % 3 ? {} : { logprobs: true, top_logprobs: 2 }),
    };
    const chunks = await expectSame(openai, body);
    contents += chunks.filter(({ choices }) => choices[0]?.delta.content).length;
  }
  expect(contents).toBeGreaterThan(40 * 3);
});

test('the client’s own helper puts the pieces together', async () => {
  const openai = clientOf(inject('winnow').url);
  const request = { model: 'puzzles', messages, n: 2, seed: 5, logprobs: true };
  const whole = await openai.chat.completions.create(request);
  const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
  expect(streamed.choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual(
    whole.choices.map(({ message, finish_reason }) => [message.content, finish_reason]),
  );
  expect(streamed.system_fingerprint).toBe(whole.system_fingerprint);
});

test('a client that leaves in the middle stops the writing', async () => {
  const openai = clientOf(inject('winnow').url);
  const stream = await streamOf(openai, { n: 128, temperature: 2 });
  for await (const { choices } of stream) if (choices[0]?.delta.content) break;
  stream.controller.abort();
  const left = performance.now();
  while ((await running()) > 0) expect(performance.now() - left).toBeLessThan(1000);
});

describe('a tight budget', () => {
  const winnow = configured({ ...shipped, models: shippedModels, caps: { max_tokens: 161 } });

  test('answers that are continued over waves go on where they were', async () => {
    const openai = clientOf(winnow.url);
    const reasons: (string | null)[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const stop = stops[seed % stops.length];
      const chunks = await expectSame(openai, { seed, n: 5, temperature: 1, ...(stop === undefined ? {} : { stop }) });
      reasons.push(...chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason)));
    }
    expect(reasons).toContain('length');
    expect(reasons).toContain('stop');
    const { text } = await get('/metrics', { url: winnow.backendUrl! });
    const calls = /^winnow_http_requests_total\{route="\/generate",status="200"\} (\d+)$/m.exec(text)?.[1];
    expect(Number(calls), 'more calls than requests: waves').toBeGreaterThan(2 * 20);
  });
});
