/** True answers of servers, byte for byte as test/fixtures/openai/record.ts kept them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GenerateRequest } from '../../schemas/backend.ts';
import type { OpenAiConfig } from '../../schemas/config.ts';
import { failureOf } from './collect.ts';
import { candidates, linesOf, never, portOver, prefixOf, requestOf, usageOf } from './openai-port.ts';

interface Recorded {
  readonly server: string;
  readonly answers: Readonly<Record<string, { readonly status: number; readonly type: string; readonly text: string }>>;
}

const recorded = (name: string): Recorded =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../fixtures/openai/${name}.json`), 'utf8')) as Recorded;

const short = { ...requestOf().sampling, temperature: 0, max_tokens: 6 };
const begun = 'One, two, three,';

describe('llama.cpp', () => {
  const { answers } = recorded('llama-cpp');
  const port = (name: string, config: Partial<OpenAiConfig> = {}) => {
    const { status, type, text } = answers[name]!;
    const all = { continuation: 'prefill', stop_string: 'logprobs', ...config } as const;
    return portOver(() => new Response(text, { status, headers: { 'content-type': type } }), { config: all });
  };
  const read = (name: string, more: Partial<GenerateRequest> = {}, config?: Partial<OpenAiConfig>) =>
    linesOf(port(name, config), requestOf({ sampling: short, prefixes: [prefixOf({ max_tokens: 6 })], ...more }));
  const goingOn = { prefixes: [prefixOf({ id: '0.0', text: begun, resume: true as const, max_tokens: 12 })] };

  test.each(['chat', 'chat_streamed', 'chat_logprobs', 'chat_logprobs_streamed'])('%s: the same greedy answer', async (name) => {
    const all = await read(name, { top_logprobs: 2 });
    expect(candidates(all)).toMatchObject([{ text: '1. 1\n2', token_count: 6, finish: 'length' }]);
    expect(usageOf(all)).toMatchObject({ prompt_tokens: expect.any(Number), completion_tokens: 6, cached: expect.any(Number) });
    expect(candidates(all)[0]!.logprobs?.length ?? 6).toBe(6);
  });

  test.each(['chat_n', 'chat_n_streamed'])('%s: two answers; the usage counts one, and is not believed', async (name) => {
    const all = await read(name, { prefixes: [prefixOf({ count: 2, max_tokens: 6 })] }, { n: true });
    expect(candidates(all)).toHaveLength(2);
    expect(usageOf(all)).toMatchObject({ completion_tokens: candidates(all).reduce((sum, one) => sum + one.token_count, 0) });
    expect(candidates(all).map((one) => one.token_count)).toEqual([6, 6]);
  });

  test.each(['chat_begun', 'chat_begun_streamed'])('%s: what was begun is not in the new text', async (name) => {
    const all = await read(name, { prefixes: [prefixOf({ id: '0.0', text: begun, resume: true, max_tokens: 6 })] });
    expect(candidates(all)).toMatchObject([{ text: ' four, five, six,', token_count: 6 }]);
  });

  test('chat_stop_string: a stop string that is the delimiter ends a step, and is put back', async () => {
    const all = await read('chat_stop_string', { ...goingOn, until: 'step', step: { delimiter: ' five', max_tokens: 12 } });
    expect(candidates(all)).toMatchObject([{ text: ' four, five', finish: 'step' }]);
  });

  test('chat_ended: an answer that the model ended is no step', async () => {
    const all = await read('chat_ended', { until: 'step', prefixes: [prefixOf({ max_tokens: 96 })] });
    expect(candidates(all)).toMatchObject([{ finish: 'stop' }]);
  });

  test('completions_stop_string: the same over raw text', async () => {
    const raw = { prompt: { text: begun }, until: 'step' as const, step: { delimiter: ' five', max_tokens: 12 } };
    expect(candidates(await read('completions_stop_string', { ...raw, prefixes: [prefixOf({ max_tokens: 12 })] }))).toMatchObject(
      [{ text: ' four, five', finish: 'step' }],
    );
  });

  test.each(['completions', 'completions_streamed', 'completions_logprobs'])('%s: raw text', async (name) => {
    const all = await read(name, { prompt: { text: begun }, top_logprobs: 2 });
    expect(candidates(all)).toMatchObject([{ text: ' four, five, six,', token_count: 6, finish: 'length' }]);
  });

  test('completions_n: two of raw text, counted by their limit where the usage is of one', async () => {
    const all = await read(
      'completions_n',
      { prompt: { text: begun }, prefixes: [prefixOf({ count: 2, max_tokens: 6 })] },
      { n: true },
    );
    expect(usageOf(all)).toMatchObject({ completion_tokens: 12 });
  });

  test('too_long: the prompt does not fit', async () => {
    const failure = await failureOf(read('too_long', { prompt: { text: 'word' } }));
    expect(failure).toMatchObject({ code: 'context_length_exceeded', param: 'prompt' });
    expect(failure.message).toContain('2048');
  });

  test('wrong and unknown_url: between us and the server', async () => {
    expect((await failureOf(read('wrong'))).message).toContain("Expected 'messages' to be an array");
    expect((await failureOf(read('unknown_url'))).message).toContain('no route');
  });

  test('models: its name and its context', async () => {
    expect(await port('models').models(never)).toMatchObject([{ name: 'smollm2', kind: 'policy', context: 2048 }]);
  });
});
