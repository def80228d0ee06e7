import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readExposition, sumOf } from '../../../bench/engine/load/exposition.ts';
import type { Backend } from '../../../gpu-backend/backend.ts';
import type { CandidateLine } from '../../../schemas/backend.ts';
import { errorOf, generateBody, lines, post, startShipped, until } from '../served.ts';
import { all, client, joinText, POLICY, QUESTION, withExtras } from './openai.ts';

let backend: Backend;
let openai: OpenAI;
beforeAll(async () => {
  backend = await startShipped();
  openai = client(backend);
});
afterAll(() => backend.close());

type Body = Omit<OpenAI.CompletionCreateParamsNonStreaming, 'model' | 'prompt'>;
const PROMPT = `${QUESTION}\n`;
const create = (body: Body & Record<string, unknown> = {}) =>
  openai.completions.create(withExtras<OpenAI.CompletionCreateParamsNonStreaming>({ model: POLICY, prompt: PROMPT, ...body }));
const stream = async (body: Body & Record<string, unknown> = {}) =>
  all(
    await openai.completions.create(
      withExtras<OpenAI.CompletionCreateParamsStreaming>({ model: POLICY, prompt: PROMPT, ...body, stream: true }),
    ),
  );
const stats = () => backend.models.engine(POLICY).stats;
const idle = () => stats().running === 0 && stats().waiting === 0;

test('an answer has OpenAI’s shape: 16 tokens where none are asked for, and what they cost', async () => {
  const answer = await create({ seed: 1 });
  expect(answer).toMatchObject({
    id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
    object: 'text_completion',
    model: POLICY,
    system_fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
    choices: [{ index: 0, finish_reason: 'length', logprobs: null, stop_reason: null }],
    usage: {
      prompt_tokens: 15,
      completion_tokens: 16,
      total_tokens: 31,
      prompt_tokens_details: { cached_tokens: expect.any(Number) },
    },
  });
  expect(answer).not.toHaveProperty('winnow');
});

test('several prompts with several answers: index is prompt x n + answer, each as /generate writes that child', async () => {
  const prompts = [PROMPT, '1 + 2', PROMPT];
  const { choices, usage } = await create({ prompt: prompts, n: 2, seed: 3, max_tokens: 12 } as Body);
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  let spent = 0;
  for (const [place, text] of prompts.entries()) {
    const prefixes = [{ id: '0', text: '', count: 2, first_child: 2 * place, max_tokens: 12 }];
    const all = await lines(await post(`${backend.url}/generate`, generateBody({ prompt: { text }, prefixes, seed: 3 })));
    spent += all.reduce((sum, line) => sum + (line.type === 'candidate' ? line.token_count : 0), 0);
    const texts = all
      .filter((line): line is CandidateLine => line.type === 'candidate')
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(choices.slice(2 * place, 2 * place + 2).map((choice) => choice.text)).toEqual(texts.map((line) => line.text));
  }
  expect(usage?.completion_tokens).toBe(spent);
  expect(choices[0]!.text).not.toBe(choices[4]!.text); // the same prompt twice is sampled twice
});

test('ids of tokens go in and come out: the prompt as ids, and its greedy answer continued from half of it', async () => {
  const whole = await create({ temperature: 0, max_tokens: 20, return_token_ids: true });
  const { prompt_token_ids: prompt, token_ids: ids } = whole.choices[0] as unknown as Record<string, number[]>;
  expect([prompt!.length, ids!.length]).toEqual([15, 20]);
  const again = await create({ prompt: prompt!, temperature: 0, max_tokens: 20 } as Body);
  expect(again.choices[0]!.text).toBe(whole.choices[0]!.text);
  const half = [...prompt!, ...ids!.slice(0, 10)];
  const rest = await create({ prompt: [half, prompt!], temperature: 0, max_tokens: 10 } as Body);
  expect(whole.choices[0]!.text.endsWith(rest.choices[0]!.text)).toBe(true);
  expect(rest.choices[1]!.text).toBe(whole.choices[0]!.text.slice(0, rest.choices[1]!.text.length));
});

test('log-probabilities spell the text, say where each token begins, and add up to /generate’s', async () => {
  const { choices } = await create({ seed: 3, max_tokens: 24, logprobs: 2 });
  const { tokens, token_logprobs: own, top_logprobs: top, text_offset: offsets } = choices[0]!.logprobs!;
  expect(tokens!.join('')).toBe(choices[0]!.text);
  for (const [place, token] of tokens!.entries()) {
    expect(choices[0]!.text.slice(offsets![place]).startsWith(token)).toBe(true);
    expect(top![place]![token]).toBe(own![place]);
    expect([2, 3]).toContain(Object.keys(top![place]!).length);
    expect(Math.max(...Object.values(top![place]!))).toBeGreaterThanOrEqual(own![place]!);
  }
  const body = generateBody({
    prompt: { text: PROMPT },
    prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 24 }],
    seed: 3,
    top_logprobs: 0,
  });
  const [line] = (await lines(await post(`${backend.url}/generate`, body))) as CandidateLine[];
  expect(own!.reduce((sum, logprob) => sum + logprob, 0)).toBeCloseTo(line!.logprob!, 6);
});

test('a stop string ends an answer, is left out of text and log-probabilities, and is named', async () => {
  const plain = await create({ temperature: 0, max_tokens: 60 });
  const stop = plain.choices[0]!.text.slice(9, 13);
  const first = plain.choices[0]!.text.indexOf(stop);
  const cut = await create({ temperature: 0, max_tokens: 60, stop: [stop, 'never'], logprobs: 0 });
  expect(cut.choices[0]).toMatchObject({
    finish_reason: 'stop',
    stop_reason: stop,
    text: plain.choices[0]!.text.slice(0, first),
  });
  const spelled = cut.choices[0]!.logprobs!.tokens!.join('');
  expect(spelled.startsWith(cut.choices[0]!.text)).toBe(true); // the last token may hold the beginning of the stop string
  const kept = await create({ temperature: 0, max_tokens: 60, stop, include_stop_str_in_output: true });
  expect(kept.choices[0]).toMatchObject({ stop_reason: stop, text: plain.choices[0]!.text.slice(0, first + stop.length) });
});

test('an end token ends an answer: no stop reason, in the ids, not in the text', async () => {
  const { choices } = await create({ temperature: 0, max_tokens: 150, return_token_ids: true, stop: ['never'], logprobs: 0 });
  const end = [...backend.models.engine(POLICY).model.endTokens];
  expect(choices[0]).toMatchObject({ finish_reason: 'stop', stop_reason: null });
  expect(end).toContain((choices[0] as unknown as { token_ids: number[] }).token_ids.at(-1));
  expect(choices[0]!.logprobs!.tokens!.join('')).toBe(choices[0]!.text);
  const ignored = await create({ temperature: 0, max_tokens: 150, ignore_eos: true });
  expect(ignored.usage?.completion_tokens).toBe(150);
});

test.each([
  { name: 'one answer', body: {} },
  { name: 'several', body: { n: 4, max_tokens: 40 } },
  { name: 'several prompts', body: { prompt: [PROMPT, '1 + 2'], n: 3 } },
  { name: 'log-probabilities', body: { n: 2, logprobs: 3, max_tokens: 60 } },
  { name: 'stop strings', body: { n: 4, stop: [' = 1', '\n', ' * 20'], max_tokens: 60 } },
  { name: 'stop strings that are kept', body: { n: 4, stop: [' = 1', '\n'], include_stop_str_in_output: true, max_tokens: 60 } },
  { name: 'all at once', body: { n: 3, stop: ' = 1', logprobs: 1, return_token_ids: true, max_tokens: 60 } },
  { name: 'to the end', body: { n: 3, logprobs: 1, return_token_ids: true, max_tokens: 150 } },
  { name: 'echo', body: { n: 2, echo: true, prompt: [[5, 6], [7]] } },
  {
    name: 'echo with log-probabilities',
    body: {
      n: 2,
      echo: true,
      prompt: [
        [5, 6],
        [7, 8, 9],
      ],
      logprobs: 2,
    },
  },
  { name: 'a prompt that is measured', body: { echo: true, logprobs: 0, max_tokens: 0 } },
  { name: 'no tokens', body: { max_tokens: 0, n: 2 } },
])('a stream comes to the same as one answer: $name', async ({ body }) => {
  const whole = await create({ ...body, seed: 11 });
  const chunks = await stream({ ...body, seed: 11 });
  expect(joinText(chunks)).toEqual(joinText([whole]));
  expect(new Set(chunks.map(({ id, object }) => `${id} ${object}`)).size).toBe(1);
  expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
});

test('a stream is told token by token, before the answer ends', async () => {
  const chunks = await stream({ seed: 1, max_tokens: 40 });
  expect(chunks.length).toBeGreaterThan(30);
});

test('echo answers the prompt before the text, of ids as well', async () => {
  const plain = await create({ seed: 4, max_tokens: 5 });
  const echoed = await create({ seed: 4, max_tokens: 5, echo: true });
  expect(echoed.choices[0]!.text).toBe(PROMPT + plain.choices[0]!.text);
  const { prompt_token_ids: ids } = (await create({ return_token_ids: true })).choices[0] as unknown as Record<string, number[]>;
  expect((await create({ prompt: ids!, seed: 4, max_tokens: 5, echo: true } as Body)).choices[0]!.text).toBe(
    echoed.choices[0]!.text,
  );
});

test('echo with log-probabilities: an answer, given back as a prompt, has those that it was written with', async () => {
  const written = await create({ seed: 4, max_tokens: 12, logprobs: 2, return_token_ids: true, ignore_eos: true });
  const {
    token_ids: ids,
    prompt_token_ids: before,
    logprobs,
  } = written.choices[0] as unknown as {
    token_ids: number[];
    prompt_token_ids: number[];
    logprobs: OpenAI.CompletionChoice.Logprobs;
  };
  const prompt = [...before, ...ids];
  for (const max_tokens of [0, 3]) {
    const measured = await create({ prompt, echo: true, logprobs: 2, max_tokens } as Body);
    const { tokens, token_logprobs: own, top_logprobs: top, text_offset: offsets } = measured.choices[0]!.logprobs!;
    expect(tokens).toHaveLength(prompt.length + max_tokens);
    expect([own![0], top![0]]).toEqual([null, null]);
    for (const [place, logprob] of logprobs.token_logprobs!.entries()) {
      expect(own![before.length + place]).toBeCloseTo(logprob, 3);
      expect(tokens![before.length + place]).toBe(logprobs.tokens![place]);
    }
    expect(tokens!.join('')).toBe(measured.choices[0]!.text);
    for (const [place, token] of tokens!.entries())
      expect(measured.choices[0]!.text.slice(offsets![place]).startsWith(token)).toBe(true);
    expect(measured.usage).toMatchObject({ prompt_tokens: prompt.length, completion_tokens: max_tokens });
  }
});

test('a prompt of one token has one log-probability, which is null', async () => {
  const { choices } = await create({ prompt: [5], echo: true, logprobs: 0, max_tokens: 0 } as Body);
  expect(choices[0]!.logprobs).toMatchObject({ token_logprobs: [null], text_offset: [0] });
});

test('a client that leaves frees what it held within a second, streamed or not', async () => {
  for (const streamed of [true, false]) {
    const left = new AbortController();
    const asked = post(
      `${backend.url}/v1/completions`,
      { model: POLICY, prompt: PROMPT, n: 128, max_tokens: 200, temperature: 2, ignore_eos: true, stream: streamed },
      { signal: left.signal },
    ).then((response) => response.text());
    asked.catch(() => {});
    await until(() => stats().running > 0, 5000);
    left.abort();
    await until(idle, 1000);
    await expect(asked).rejects.toThrow();
  }
});

test('without a model the default policy answers', async () => {
  const response = await post(`${backend.url}/v1/completions`, { prompt: PROMPT, seed: 9 });
  expect(response.headers.get('x-winnow-seed')).toBe('9');
  expect(await response.json()).toMatchObject({ model: POLICY, id: response.headers.get('x-request-id') });
});

test('the seed that was drawn is told, and repeats the answer', async () => {
  const response = await post(`${backend.url}/v1/completions`, { prompt: PROMPT });
  const { choices } = (await response.json()) as OpenAI.Completion;
  const again = await create({ seed: Number(response.headers.get('x-winnow-seed')) });
  expect(again.choices).toEqual(choices);
});

test.each([
  { name: 'no prompt', body: { prompt: undefined }, code: 'missing_required_parameter', param: 'prompt' },
  { name: 'an empty prompt', body: { prompt: '' }, code: 'invalid_value', param: 'prompt' },
  { name: 'an empty list', body: { prompt: [] }, code: 'invalid_value', param: 'prompt' },
  { name: 'an empty list of ids', body: { prompt: [[5], []] }, code: 'invalid_value', param: 'prompt' },
  { name: 'an empty prompt of several', body: { prompt: ['1', ''] }, code: 'invalid_value', param: 'prompt[1]' },
  { name: 'a mixed list', body: { prompt: ['1', [5]] }, code: 'invalid_value', param: 'prompt' },
  { name: 'a list of objects', body: { prompt: [{}] }, code: 'invalid_value', param: 'prompt' },
  { name: 'null', body: { prompt: null }, code: 'invalid_value', param: 'prompt' },
  { name: 'an id that is none', body: { prompt: [5, 1.5] }, code: 'invalid_value', param: 'prompt' },
  { name: 'a negative id', body: { prompt: [-1] }, code: 'invalid_value', param: 'prompt' },
  { name: 'an id of another model', body: { prompt: [[5], [32]] }, code: 'invalid_value', param: 'prompt[1]' },
  { name: 'too many ids', body: { prompt: new Array(256).fill(5) }, code: 'context_length_exceeded', param: 'prompt' },
  { name: 'a long text', body: { prompt: '1'.repeat(1_000_000) }, code: 'context_length_exceeded', param: 'prompt' },
  { name: 'a million ids', body: { prompt: new Array(1_000_000).fill(5) }, code: 'context_length_exceeded', param: 'prompt' },
  { name: 'too many prompts', body: { prompt: new Array(10_000).fill('1') }, code: 'invalid_value', param: 'prompt' },
  { name: 'more than is held at once', body: { prompt: new Array(1000).fill('1'), n: 128 }, code: 'invalid_value', param: 'n' },
  { name: 'a character that is not known', body: { prompt: '☃' }, status: 422, code: 'prompt_unsupported', param: 'prompt' },
  { name: 'n 0', body: { n: 0 }, code: 'invalid_value', param: 'n' },
  { name: 'n 129', body: { n: 129 }, code: 'invalid_value', param: 'n' },
  { name: 'a temperature of 3', body: { temperature: 3 }, code: 'invalid_value', param: 'temperature' },
  { name: 'a top_p of 0', body: { top_p: 0 }, code: 'invalid_value', param: 'top_p' },
  { name: 'logprobs of 21', body: { logprobs: 21 }, code: 'invalid_value', param: 'logprobs' },
  { name: 'an empty stop string', body: { stop: '' }, code: 'invalid_value', param: 'stop' },
  { name: 'best_of', body: { best_of: 4 }, code: 'unsupported_value', param: 'best_of' },
  { name: 'a suffix', body: { suffix: 'x' }, code: 'unsupported_value', param: 'suffix' },
  { name: 'a bias', body: { logit_bias: { 5: 1 } }, code: 'unsupported_value', param: 'logit_bias' },
  { name: 'a penalty', body: { repetition_penalty: 1.1 }, code: 'unsupported_value', param: 'repetition_penalty' },
  { name: 'min_tokens', body: { min_tokens: 4 }, code: 'unsupported_value', param: 'min_tokens' },
  { name: 'a salt', body: { cache_salt: 'mine' }, code: 'unsupported_value', param: 'cache_salt' },
  { name: 'options of no stream', body: { stream_options: {} }, code: 'invalid_value', param: 'stream_options' },
  { name: 'an unknown model', body: { model: 'nobody' }, status: 404, code: 'model_not_found', param: 'model' },
  { name: 'a reward as a model', body: { model: 'puzzle-outcome' }, status: 404, code: 'model_not_found', param: 'model' },
])('$name is refused: $code at $param', async ({ body, status = 400, code, param }) => {
  for (const streamed of param === 'stream_options' ? [false] : [false, true]) {
    const response = await post(`${backend.url}/v1/completions`, { model: POLICY, prompt: PROMPT, stream: streamed, ...body });
    expect([response.status, await errorOf(response)]).toMatchObject([status, { code, param, type: 'invalid_request_error' }]);
  }
  expect(idle()).toBe(true);
});

test('members that change no answer are taken, an unknown one is named', async () => {
  const quiet = {
    user: 'me',
    repetition_penalty: 1,
    top_k: -1,
    min_tokens: 0,
    logit_bias: {},
    suffix: '',
    best_of: 1,
    priority: 3,
  };
  expect(await create({ ...quiet, presence_penalty: 0 })).not.toHaveProperty('winnow');
  expect(await create({ temprature: 1 })).toMatchObject({ winnow: { warnings: [expect.stringContaining('"temprature"')] } });
});

test('a queue that is full refuses with 429 and when to come again, and counts it', async () => {
  const left = new AbortController();
  const many = (prompts: number) =>
    post(
      `${backend.url}/v1/completions`,
      { prompt: new Array(prompts).fill(PROMPT), n: 100, max_tokens: 200, ignore_eos: true, temperature: 2 },
      { signal: left.signal },
    );
  const open = many(40);
  open.catch(() => {});
  await until(() => stats().waiting > 0, 5000);
  const refused = await many(10);
  expect([refused.status, refused.headers.get('retry-after'), (await errorOf(refused)).code]).toEqual([
    429,
    '1',
    'rate_limit_exceeded',
  ]);
  left.abort();
  await until(idle, 2000);
  const families = readExposition(await (await fetch(`${backend.url}/metrics`)).text());
  expect(sumOf(families, 'winnow_admission_rejections_total', { model_name: POLICY })).toBe(1);
});
