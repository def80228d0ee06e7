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
    const all = { continuation: 'prefill', stop_string: 'end_in_logprobs', ...config } as const;
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

describe('llama-cpp-python', () => {
  const { answers } = recorded('llama-cpp-python');
  const read = (name: string, more: Partial<GenerateRequest> = {}) => {
    const { status, type, text } = answers[name]!;
    const answer = () => new Response(text, { status, headers: { 'content-type': type } });
    const request = requestOf({ sampling: short, prefixes: [prefixOf({ max_tokens: 6 })], ...more });
    return linesOf(portOver(answer, { config: { stop_string: 'stop_in_logprobs', stream: false } }), request);
  };

  test('chat: one answer, counted', async () => {
    const all = await read('chat');
    expect(candidates(all)).toMatchObject([{ text: '123456', token_count: 6, finish: 'length' }]);
    expect(usageOf(all)).toMatchObject({ prompt_tokens: 36, completion_tokens: 6, processed: null, cached: null });
  });

  test('chat_streamed: without a usage, a limit that was reached is known', async () => {
    const all = await read('chat_streamed');
    expect(candidates(all)).toMatchObject([{ text: '123456', token_count: 6 }]);
    expect(usageOf(all)).toEqual({ prompt_tokens: null, completion_tokens: 6, processed: null, cached: null, unique: null });
  });

  test('completions_logprobs: in columns', async () => {
    const [candidate] = candidates(await read('completions_logprobs', { prompt: { text: begun }, top_logprobs: 2 }));
    expect(candidate!.logprobs!.map(({ token }) => token).join('')).toBe(candidate!.text);
    expect(candidate!.logprobs!.every(({ top }) => top!.length === 2)).toBe(true);
  });

  test('completions_stop_string: its log-probabilities go on with the stop string, which ends a step', async () => {
    const stepwise = { until: 'step' as const, step: { delimiter: ' five', max_tokens: 12 }, prompt: { text: begun } };
    expect(candidates(await read('completions_stop_string', stepwise))).toMatchObject([
      { text: ' four, five', finish: 'step', token_count: 3 },
    ]);
    expect(candidates(await read('completions_logprobs', stepwise))).not.toMatchObject([
      { finish: 'step', text: expect.stringMatching(/ five five$/) },
    ]);
  });

  test('too_long and wrong are told, the one as the caller’s', async () => {
    expect(await failureOf(read('too_long', { prompt: { text: 'word' } }))).toMatchObject({
      code: 'context_length_exceeded',
      param: 'prompt',
    });
    expect(await failureOf(read('wrong'))).toMatchObject({ code: 'backend_error' });
  });
});

describe('our own backend', () => {
  const { answers } = recorded('winnow');
  const read = (name: string, more: Partial<GenerateRequest> = {}) => {
    const { status, type, text } = answers[name]!;
    const answer = () => new Response(text, { status, headers: { 'content-type': type } });
    const config = { continuation: 'continue_final_message', stop_string: 'named', n: true } as const;
    return linesOf(
      portOver(answer, { config }),
      requestOf({ sampling: short, prefixes: [prefixOf({ max_tokens: 6 })], ...more }),
    );
  };

  test.each(['chat', 'chat_streamed', 'chat_logprobs', 'chat_logprobs_streamed'])('%s: the same greedy answer', async (name) => {
    const [known] = candidates(await read('chat'));
    expect(candidates(await read(name))).toMatchObject([{ text: known!.text, token_count: 6, finish: 'length' }]);
  });

  test.each(['chat_n', 'chat_n_streamed'])('%s: two answers, counted together', async (name) => {
    const all = await read(name, { prefixes: [prefixOf({ count: 2, max_tokens: 6 })] });
    expect(candidates(all)).toHaveLength(2);
    expect(usageOf(all)).toMatchObject({ completion_tokens: 12 });
  });

  test('unknown_model: the policy names one that is not there', async () => {
    expect((await failureOf(read('unknown_model'))).message).toContain('has no model');
  });
});
