import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../gpu-backend/backend.ts';
import { errorOf, post, startShipped, until } from '../served.ts';
import { all, client, joinChat, POLICY, QUESTION, withExtras } from './openai.ts';

let backend: Backend;
let openai: OpenAI;
beforeAll(async () => {
  backend = await startShipped();
  openai = client(backend);
});
afterAll(() => backend.close());

type Body = Omit<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'>;
const messages = [{ role: 'user' as const, content: QUESTION }];
const create = (body: Body & Record<string, unknown> = {}) =>
  openai.chat.completions.create(
    withExtras<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming>({ model: POLICY, messages, ...body }),
  );
const stream = async (body: Body & Record<string, unknown> = {}) =>
  all(
    await openai.chat.completions.create(
      withExtras<OpenAI.Chat.ChatCompletionCreateParamsStreaming>({ model: POLICY, messages, ...body, stream: true }),
    ),
  );
const stats = () => backend.models.engine(POLICY).stats;

test('an answer has OpenAI’s shape, is written to its end, and repeats by its seed', async () => {
  const answer = await create({ seed: 1, n: 3 });
  expect(answer).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
    object: 'chat.completion',
    model: POLICY,
    system_fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    usage: { prompt_tokens: 15, prompt_tokens_details: { cached_tokens: expect.any(Number) } },
  });
  for (const [index, choice] of answer.choices.entries()) {
    expect(choice).toMatchObject({ index, finish_reason: 'stop', logprobs: null, message: { role: 'assistant', refusal: null } });
    expect(choice.message.content).toMatch(/= \d+/);
  }
  expect((await create({ seed: 1, n: 3 })).choices).toEqual(answer.choices);
});

test('log-probabilities are OpenAI’s: they spell the content, with bytes and alternatives', async () => {
  const { choices } = await create({ seed: 2, n: 2, logprobs: true, top_logprobs: 3 });
  for (const { message, logprobs } of choices) {
    expect(logprobs!.content!.map(({ token }) => token).join('')).toBe(message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of logprobs!.content!) {
      expect(new TextDecoder().decode(Uint8Array.from(bytes!))).toBe(token);
      expect(top).toHaveLength(3);
      expect(top[0]!.logprob).toBeGreaterThanOrEqual(logprob);
    }
  }
  expect((await create({ logprobs: true })).choices[0]!.logprobs!.content![0]!.top_logprobs).toEqual([]);
});

test.each([
  { name: 'one answer', body: {} },
  { name: 'several', body: { n: 4 } },
  { name: 'log-probabilities', body: { n: 2, logprobs: true, top_logprobs: 2 } },
  { name: 'stop strings', body: { n: 4, stop: [' = 1', '\n'], logprobs: true } },
  { name: 'a kept stop string', body: { n: 4, stop: '\n', include_stop_str_in_output: true } },
  { name: 'ids', body: { n: 2, return_token_ids: true } },
  { name: 'a limit', body: { max_completion_tokens: 5 } },
])('a stream comes to the same as one answer: $name', async ({ body }) => {
  const whole = await create({ ...body, seed: 21 });
  const chunks = await stream({ ...body, seed: 21 });
  const wanted = whole.choices.map((choice) => ({
    ...choice,
    delta: { content: choice.message.content },
  })) as unknown as OpenAI.Chat.Completions.ChatCompletionChunk.Choice[];
  expect(joinChat(chunks)).toEqual(joinChat([{ ...whole, object: 'chat.completion.chunk', choices: wanted } as never]));
  for (let index = 0; index < whole.choices.length; index++) {
    const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
    expect(own[0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(own.at(-1)!.delta).toEqual({});
    expect(own.slice(0, -1).every(({ finish_reason }) => finish_reason === null)).toBe(true);
  }
});

test('include_usage adds one last chunk without choices; the others say null', async () => {
  const chunks = await stream({ seed: 5, stream_options: { include_usage: true } });
  expect(chunks.slice(0, -1).every(({ usage, choices }) => usage === null && choices.length === 1)).toBe(true);
  const { usage } = await create({ seed: 5 });
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 15, total_tokens: usage!.total_tokens } });
  expect((await stream({ seed: 5 })).every((chunk) => !('usage' in chunk))).toBe(true);
});

test('the client’s own helper reads a stream to its end', async () => {
  const completion = await openai.chat.completions.stream({ model: POLICY, messages, seed: 1 }).finalChatCompletion();
  expect(completion.choices[0]!.message.content).toBe((await create({ seed: 1 })).choices[0]!.message.content);
});

test('a stream that is left gives its rows back, and the next request is served', async () => {
  const left = await openai.chat.completions.create({ model: POLICY, messages, n: 64, temperature: 2, stream: true });
  for await (const _ of left) break;
  left.controller.abort();
  await until(() => stats().running === 0 && stats().waiting === 0, 1000);
  expect((await create()).choices).toHaveLength(1);
});

test('text parts are joined, and the last limit wins', async () => {
  const parts = [
    { type: 'text' as const, text: QUESTION.slice(0, 9) },
    { type: 'text' as const, text: QUESTION.slice(9) },
  ];
  const joined = await openai.chat.completions.create({ model: POLICY, messages: [{ role: 'user', content: parts }], seed: 5 });
  expect(joined.choices).toEqual((await create({ seed: 5 })).choices);
  expect((await create({ max_tokens: 9, max_completion_tokens: 4 })).usage?.completion_tokens).toBe(4);
});

test.each([
  {
    name: 'to go on with a turn of the user',
    body: { continue_final_message: true },
    code: 'invalid_value',
    param: 'messages',
  },
  {
    name: 'to go on and to begin',
    body: { continue_final_message: true, add_generation_prompt: true },
    code: 'invalid_value',
    param: 'add_generation_prompt',
  },
  { name: 'no messages', body: { messages: undefined }, code: 'missing_required_parameter', param: 'messages' },
  { name: 'an empty list', body: { messages: [] }, code: 'invalid_value', param: 'messages' },
  {
    name: 'a picture',
    body: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    code: 'unsupported_value',
    param: 'messages[0].content[0]',
  },
  {
    name: 'a role of nobody',
    body: { messages: [{ role: 'god', content: '1' }] },
    code: 'invalid_value',
    param: 'messages[0].role',
  },
  {
    name: 'a role that the template refuses',
    body: { messages: [{ role: 'tool', content: '1' }] },
    code: 'invalid_value',
    param: 'messages',
  },
  {
    name: 'a special token in a message',
    body: { messages: [{ role: 'user', content: '1<eos>' }] },
    status: 422,
    code: 'prompt_unsupported',
    param: 'messages[0].content',
  },
  {
    name: 'a long conversation',
    body: { messages: [{ role: 'user', content: '1'.repeat(300) }] },
    code: 'context_length_exceeded',
    param: 'messages',
  },
  { name: 'scaling', body: { winnow: {} }, code: 'unsupported_value', param: 'winnow' },
  { name: 'top_logprobs alone', body: { top_logprobs: 2 }, code: 'invalid_value', param: 'top_logprobs' },
  { name: 'tools', body: { tools: [{ type: 'function' }] }, code: 'unsupported_value', param: 'tools' },
  {
    name: 'a JSON answer',
    body: { response_format: { type: 'json_object' } },
    code: 'unsupported_value',
    param: 'response_format',
  },
  { name: 'a grammar', body: { guided_regex: 'a+' }, code: 'unsupported_value', param: 'guided_regex' },
  { name: 'a template of the caller', body: { chat_template: '{{ 1 }}' }, code: 'unsupported_value', param: 'chat_template' },
  { name: 'max_tokens 0', body: { max_tokens: 0 }, code: 'invalid_value', param: 'max_tokens' },
  { name: 'an unknown model', body: { model: 'nobody' }, status: 404, code: 'model_not_found', param: 'model' },
  { name: 'a priority that is none', body: { priority: 'high' }, code: 'invalid_value', param: 'priority' },
])('$name is refused: $code at $param', async ({ body, status = 400, code, param }) => {
  for (const streamed of [false, true]) {
    const response = await post(`${backend.url}/v1/chat/completions`, { model: POLICY, messages, stream: streamed, ...body });
    expect([response.status, await errorOf(response)]).toMatchObject([status, { code, param, type: 'invalid_request_error' }]);
  }
});

test('models are listed and found, as any client reads them', async () => {
  const models = await all(openai.models.list());
  expect(models.map(({ id }) => id)).toEqual(['puzzle-policy', 'puzzle-reference', 'puzzle-outcome', 'puzzle-process']);
  expect(await openai.models.retrieve(POLICY)).toMatchObject({
    object: 'model',
    owned_by: 'winnow',
    max_model_len: 256,
    winnow: { kind: 'policy', chat_template: true },
  });
  await expect(openai.models.retrieve('no/body')).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
});
