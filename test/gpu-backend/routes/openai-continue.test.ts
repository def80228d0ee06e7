/** Going on with a turn of the assistant: on a tiny model, since the template of the shipped policy knows no such turn. */
import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Backend, startBackend } from '../../../gpu-backend/backend.ts';
import { modelConfig } from '../../../schemas/config.ts';
import { post, root, shipped } from '../served.ts';
import { client, withExtras } from './openai.ts';

let backend: Backend;
let openai: OpenAI;
beforeAll(async () => {
  const models = { tiny: modelConfig.parse({ path: 'test/fixtures/tiny-models/policy' }) };
  backend = await startBackend({ config: { ...shipped, models }, configFolder: root, host: '127.0.0.1', port: 0 });
  openai = client(backend);
});
afterAll(() => backend.close());

type Messages = OpenAI.Chat.ChatCompletionMessageParam[];
const create = async (messages: Messages, extras: Record<string, unknown> = {}) => {
  const body = { model: 'tiny', messages, temperature: 0, max_tokens: 12, return_token_ids: true, ...extras };
  const answer = await openai.chat.completions.create(
    withExtras<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming>(
      body as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming & Record<string, unknown>,
    ),
  );
  const [choice] = answer.choices as unknown as { token_ids: number[]; message: { content: string } }[];
  return { text: choice!.message.content, ids: choice!.token_ids, prompt: answer.usage!.prompt_tokens };
};
const asked: Messages = [{ role: 'user', content: '1 + 2 =' }];

test('an answer that was begun is gone on with as if it had never been cut', async () => {
  const whole = await create(asked);
  expect(whole.ids).toHaveLength(12);
  const begun: Messages = [...asked, { role: 'assistant', content: whole.text.slice(0, 5) }];
  const rest = await create(begun, { continue_final_message: true, add_generation_prompt: false, max_tokens: 7 });
  expect(rest.text).toBe(whole.text.slice(5)); // a token of this model is a character
  expect(rest.prompt).toBe(whole.prompt + 5);
});

test('without it the same messages are two turns: the answer is another one', async () => {
  const begun: Messages = [...asked, { role: 'assistant', content: '3' }];
  const [going, new_] = [await create(begun, { continue_final_message: true }), await create(begun)];
  expect(new_.prompt).toBe(going.prompt + 1);
});

test('where the default policy of the configuration is not here, the only one answers', async () => {
  const response = await post(`${backend.url}/v1/chat/completions`, { messages: asked, max_tokens: 1 });
  expect(await response.json()).toMatchObject({ model: 'tiny' });
});

test('a prompt is measured without an answer, a token at a time', async () => {
  const prompt = 'abc';
  const answer = await openai.completions.create({ model: 'tiny', prompt, echo: true, logprobs: 1, max_tokens: 0 });
  expect(answer.choices[0]!.logprobs!.text_offset).toEqual([0, 1, 2]);
});
