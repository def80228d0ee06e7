/** The official client, as its users have it: streaming and not, with and without scaling. */
import OpenAI, { BadRequestError, NotFoundError, UnprocessableEntityError } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { beforeEach, expect, inject, test } from 'vitest';
import type { RunReport } from '../../schemas/run.ts';
import { puzzle } from './winnow.ts';

/** The member of ours that the client passes on, both ways. */
interface Scaled {
  readonly winnow?: Partial<RunReport>;
}

let calls: number;
let openai: OpenAI;
beforeEach(() => {
  calls = 0;
  const counted: typeof fetch = (...call) => {
    calls += 1;
    return fetch(...call);
  };
  openai = new OpenAI({ baseURL: `${inject('winnow').url}/v1`, apiKey: 'unused', fetch: counted });
});

const messages = [{ role: 'user' as const, content: puzzle }];
type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'messages' | 'model'> & { model?: string; winnow?: object };

const create = (body: Body = {}): Promise<ChatCompletion & Scaled> =>
  openai.chat.completions.create({ model: 'puzzles', messages, ...body } as ChatCompletionCreateParamsNonStreaming);

async function stream(body: object = {}): Promise<(ChatCompletionChunk & Scaled)[]> {
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of await openai.chat.completions.create({ model: 'puzzles', messages, ...body, stream: true }))
    chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly ChatCompletionChunk[], index = 0): string =>
  chunks
    .flatMap(({ choices }) => choices.filter((choice) => choice.index === index).map(({ delta }) => delta.content ?? ''))
    .join('');

test('without winnow it is one sample: no report, no selection, an ordinary completion', async () => {
  const completion = await create();
  expect(completion).toMatchObject({ object: 'chat.completion', model: 'puzzles' });
  expect(completion.id).toMatch(/^chatcmpl-/);
  expect(completion.choices).toHaveLength(1);
  expect(completion.choices[0]).toMatchObject({ index: 0, logprobs: null, message: { role: 'assistant', refusal: null } });
  expect(completion.choices[0]!.message.content).not.toBe('');
  expect(completion).not.toHaveProperty('winnow');
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage!;
  expect(total_tokens).toBe(prompt_tokens + completion_tokens);
});

test('n samples come back in order of index; the prompt counts once', async () => {
  const one = await create({ n: 1, seed: 3 });
  const five = await create({ n: 5, seed: 3 });
  expect(five.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(five.choices[0]).toEqual(one.choices[0]);
  expect(five.usage?.prompt_tokens).toBe(one.usage?.prompt_tokens);
  expect(five.usage!.completion_tokens).toBeGreaterThan(one.usage!.completion_tokens);
});

test('winnow {} turns scaling on: the best of eight, with its account', async () => {
  const { choices, usage, winnow } = await create({ winnow: {} });
  expect(choices).toHaveLength(1);
  expect(winnow).toMatchObject({ strategy: 'best_of_n', stop_reason: 'finished', selection: { rule: 'argmax' } });
  expect(winnow?.candidates).toHaveLength(8);
  expect(winnow?.budget?.spent.tokens).toBe(usage?.completion_tokens);
  expect(winnow?.account?.chosen_tokens).toBeLessThan(usage!.completion_tokens);
});

test('POLICY@best_of_n:16 draws sixteen with the policy’s own reward', async () => {
  const { model, winnow, usage } = await create({ model: 'puzzles@best_of_n:16' });
  expect(model).toBe('puzzles@best_of_n:16');
  expect(winnow?.candidates).toHaveLength(16);
  expect(winnow?.budget?.limits.max_tokens).toBe(2560);
  expect(Object.keys(winnow!.account!.rewards)).toEqual(['outcome']);
  expect(usage!.completion_tokens).toBeLessThanOrEqual(2560);
});

test.each(['beam_search', 'first_wrong_step'])('POLICY@%s:6 runs it', async (strategy) => {
  const { winnow, choices } = await create({ model: `puzzles@${strategy}:6` });
  expect(winnow?.strategy).toBe(strategy);
  expect(choices).toHaveLength(1);
});

test('the recipe careful is a model like another', async () => {
  const { model, winnow } = await create({ model: 'careful' });
  expect(model).toBe('careful');
  expect(winnow?.candidates).toHaveLength(16);
});

test('with scaling n is how many answers come back: the best first, distinct texts before repeats', async () => {
  const { choices, winnow } = await create({ n: 4, winnow: { options: { n: 12 }, return: { candidates: 'all' } } });
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  const candidates = winnow!.candidates!.filter(({ finish_reason }) => finish_reason === 'stop');
  const texts = choices.map(({ message }) => message.content!);
  const distinct = new Set(candidates.map(({ text }) => text)).size;
  expect(new Set(texts).size).toBe(Math.min(4, distinct));
  const score = (text: string) => {
    const of = candidates.find((candidate) => candidate.text === text)?.scores.outcome;
    return of?.ok ? of.value : Number.NaN;
  };
  const scores = texts.slice(0, distinct).map(score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

test('more answers than are drawn is refused, and both numbers are named', async () => {
  const failure = await create({ n: 9, winnow: {} }).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(BadRequestError);
  expect(failure).toMatchObject({ status: 400, param: 'n', code: 'invalid_value', message: expect.stringMatching(/9.*8/) });
});

test('logprobs and top_logprobs are OpenAI’s, and spell the content', async () => {
  const { choices } = await create({ n: 2, logprobs: true, top_logprobs: 3 });
  for (const { logprobs, message } of choices) {
    const content = logprobs!.content!;
    expect(content.map(({ token }) => token).join('')).toBe(message.content);
    for (const { token, logprob, bytes, top_logprobs } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(new TextDecoder().decode(Uint8Array.from(bytes!))).toBe(token);
      expect(top_logprobs).toHaveLength(3);
    }
  }
});

test('logprobs without top_logprobs have no alternatives', async () => {
  const { choices } = await create({ logprobs: true, winnow: {} });
  for (const { top_logprobs } of choices[0]!.logprobs!.content!) expect(top_logprobs).toEqual([]);
});

test('a stream has the text of the same request without one, and the shape of OpenAI’s', async () => {
  const whole = await create({ seed: 11, n: 3 });
  const chunks = await stream({ seed: 11, n: 3 });
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  for (const { object } of chunks) expect(object).toBe('chat.completion.chunk');
  for (const { index, message, finish_reason } of whole.choices) {
    const ofIndex = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
    expect(ofIndex[0]?.delta).toEqual({ role: 'assistant', content: '' });
    expect(ofIndex.at(-1)).toMatchObject({ delta: {}, finish_reason });
    expect(ofIndex.slice(0, -1).map((choice) => choice.finish_reason)).toEqual(ofIndex.slice(1).map(() => null));
    expect(textOf(chunks, index)).toBe(message.content);
  }
  for (const chunk of chunks) expect(chunk.usage ?? null).toBeNull();
});

test('a scaled stream says winnow in the chunk with the finish reason, and only there', async () => {
  const chunks = await stream({ seed: 12, winnow: { options: { n: 4 } } });
  const saying = chunks.filter(({ winnow }) => winnow !== undefined);
  expect(saying).toHaveLength(1);
  expect(saying[0]?.choices[0]?.finish_reason).toMatch(/^(stop|length)$/);
  expect(saying[0]?.winnow).toMatchObject({ strategy: 'best_of_n', seed: 12 });
  const whole = await create({ seed: 12, winnow: { options: { n: 4 } } });
  expect(textOf(chunks)).toBe(whole.choices[0]!.message.content);
});

test('include_usage adds one last chunk without choices; the others say null', async () => {
  const chunks = await stream({ seed: 13, winnow: {}, stream_options: { include_usage: true } });
  expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(1).map(() => null));
  const whole = await create({ seed: 13, winnow: {} });
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
});

test('the client’s own helper reads the stream to the end', async () => {
  const completion = await openai.chat.completions.stream({ model: 'puzzles@best_of_n:4', messages }).finalChatCompletion();
  expect(completion.choices[0]?.message.content).not.toBe('');
  expect(completion.choices[0]?.finish_reason).toMatch(/^(stop|length)$/);
});

test('a stream can be left in the middle, and the next request is served', async () => {
  const left = await openai.chat.completions.create({ model: 'puzzles@best_of_n:64', messages, stream: true });
  for await (const _ of left) break;
  left.controller.abort();
  expect((await create()).choices).toHaveLength(1);
});

test('the client’s abort signal ends a request', async () => {
  const controller = new AbortController();
  const asked = openai.chat.completions.create({ model: 'puzzles@best_of_n:256', messages }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await expect(asked).rejects.toThrow(OpenAI.APIUserAbortError);
});

test('max_tokens cuts with the reason length, and a stop string stops', async () => {
  const cut = await create({ max_completion_tokens: 4 });
  expect(cut.choices[0]).toMatchObject({ finish_reason: 'length' });
  expect(cut.usage?.completion_tokens).toBe(4);
  const stopped = await create({ temperature: 0, stop: ' = ' });
  expect(stopped.choices[0]?.finish_reason).toBe('stop');
  expect(stopped.choices[0]?.message.content).not.toContain(' = ');
});

test('a finish by the budget is length in chat', async () => {
  const { choices, winnow } = await create({ temperature: 0, winnow: { options: { n: 1 }, budget: { max_tokens: 10 } } });
  expect(choices[0]?.finish_reason).toBe('length');
  expect(winnow).toMatchObject({ stop_reason: 'max_tokens', complete: false });
});

test('messages of several texts and parts are read; the prompt grows with them', async () => {
  const parts = [
    { type: 'text' as const, text: 'Use 3, 7, 12, 20' },
    { type: 'text' as const, text: ' to make 45.' },
  ];
  const joined = await openai.chat.completions.create({
    model: 'puzzles',
    messages: [{ role: 'user', content: parts }],
    seed: 5,
  });
  const plain = await create({ seed: 5 });
  expect(joined.choices).toEqual(plain.choices);
});

test('members that change no answer are taken without a word', async () => {
  const completion = await create({
    user: 'me',
    metadata: { a: 'b' },
    store: true,
    service_tier: 'auto',
    reasoning_effort: 'low',
    parallel_tool_calls: true,
    presence_penalty: 0,
    frequency_penalty: 0,
    logit_bias: {},
    response_format: { type: 'text' },
    tool_choice: 'none',
    tools: [],
    prompt_cache_key: 'k',
    safety_identifier: 's',
    verbosity: 'low',
    modalities: ['text'],
  });
  expect(completion).not.toHaveProperty('winnow');
});

test('an unknown member is ignored with a warning that names it', async () => {
  const completion = await create({ temprature: 0.2 } as Body);
  expect(completion.winnow?.warnings?.join()).toContain('"temprature"');
});

test('models are listed and found', async () => {
  const ids: string[] = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  expect(ids).toEqual(expect.arrayContaining(['puzzles', 'chains', 'careful', 'outcome', 'process']));
  expect(await openai.models.retrieve('careful')).toMatchObject({ id: 'careful', object: 'model' });
  await expect(openai.models.retrieve('nope')).rejects.toBeInstanceOf(NotFoundError);
});

test.each([
  {
    said: 'an unknown model',
    body: { model: 'nope' },
    kind: NotFoundError,
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  { said: 'no messages', body: { messages: [] }, kind: BadRequestError, status: 400, code: 'invalid_value', param: 'messages' },
  {
    said: 'a wrong temperature',
    body: { temperature: -1 },
    kind: BadRequestError,
    status: 400,
    code: 'invalid_value',
    param: 'temperature',
  },
  { said: 'n 0', body: { n: 0 }, kind: BadRequestError, status: 400, code: 'invalid_value', param: 'n' },
  { said: 'n 129', body: { n: 129 }, kind: BadRequestError, status: 400, code: 'invalid_value', param: 'n' },
  {
    said: 'top_logprobs alone',
    body: { top_logprobs: 2 },
    kind: BadRequestError,
    status: 400,
    code: 'invalid_value',
    param: 'top_logprobs',
  },
  {
    said: 'stream_options alone',
    body: { stream_options: {} },
    kind: BadRequestError,
    status: 400,
    code: 'invalid_value',
    param: 'stream_options',
  },
  {
    said: 'tools',
    body: { tools: [{ type: 'function', function: { name: 'f' } }] },
    kind: BadRequestError,
    status: 400,
    code: 'unsupported_value',
    param: 'tools',
  },
  {
    said: 'a penalty',
    body: { presence_penalty: 0.5 },
    kind: BadRequestError,
    status: 400,
    code: 'unsupported_value',
    param: 'presence_penalty',
  },
  {
    said: 'a bias',
    body: { logit_bias: { 5: 10 } },
    kind: BadRequestError,
    status: 400,
    code: 'unsupported_value',
    param: 'logit_bias',
  },
  {
    said: 'a JSON format',
    body: { response_format: { type: 'json_object' } },
    kind: BadRequestError,
    status: 400,
    code: 'unsupported_value',
    param: 'response_format',
  },
  {
    said: 'an unknown member of winnow',
    body: { winnow: { n: 4 } },
    kind: BadRequestError,
    status: 400,
    code: 'unknown_parameter',
    param: 'winnow.n',
  },
  {
    said: 'a wrong option',
    body: { winnow: { options: { n: 'x' } } },
    kind: BadRequestError,
    status: 400,
    code: 'invalid_value',
    param: 'winnow.options.n',
  },
  {
    said: 'a wrong budget',
    body: { winnow: { budget: 0 } },
    kind: BadRequestError,
    status: 400,
    code: 'invalid_value',
    param: 'winnow.budget',
  },
  {
    said: 'an unknown reward',
    body: { winnow: { rewards: ['nope'] } },
    kind: NotFoundError,
    status: 404,
    code: 'model_not_found',
    param: 'winnow.rewards[0]',
  },
  {
    said: 'an unknown rule',
    body: { winnow: { selection: 'nope' } },
    kind: BadRequestError,
    status: 400,
    code: 'unsupported_value',
    param: 'winnow.selection',
  },
  {
    said: 'too small a budget',
    body: { winnow: { budget: { max_tokens: 2 } } },
    kind: UnprocessableEntityError,
    status: 422,
    code: 'budget_too_small',
    param: 'winnow.budget.max_tokens',
  },
])(
  '$said is the client’s own exception, thrown after one call: $status $code at $param',
  async ({ said: _, body, kind, ...fields }) => {
    const failure = await create(body as Body).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject(fields);
    expect(calls).toBe(1);
    const streamed = await stream(body).catch((thrown: unknown) => thrown);
    if (fields.param !== 'stream_options') expect(streamed).toBeInstanceOf(kind);
  },
);
