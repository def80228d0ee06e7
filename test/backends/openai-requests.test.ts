import { expect, test } from 'vitest';
import type { GenerateRequest } from '../../schemas/backend.ts';
import type { OpenAiConfig } from '../../schemas/config.ts';
import { candidates, KEY, linesOf, portOver, prefixOf, requestOf } from './openai-port.ts';
import { type Asked, type Dialect, llamaCpp, StandIn, sglang, vllm } from './openai-stand-in.ts';

/** What was asked of a server that answers anything. */
async function asked(
  config: Partial<OpenAiConfig>,
  request: Partial<GenerateRequest>,
  dialect: Dialect = vllm,
): Promise<readonly Asked[]> {
  const server = new StandIn(dialect);
  await linesOf(portOver(server.fetch, { config, key: KEY }), requestOf(request));
  return server.asked;
}
const body = async (config: Partial<OpenAiConfig>, request: Partial<GenerateRequest>, dialect?: Dialect) =>
  (await asked(config, request, dialect))[0]!.body;

const begun = [prefixOf({ id: '0.1', text: 'one\n', count: 2 })];

test('messages go to chat with every parameter of the sampling, streamed, with the key', async () => {
  const [first] = await asked({}, {});
  expect(first!.path).toBe('/chat/completions');
  expect(first!.headers.get('authorization')).toBe(`Bearer ${KEY}`);
  expect(first!.body).toEqual({
    model: 'served',
    messages: [{ role: 'user', content: 'Say something.' }],
    max_tokens: 32,
    temperature: 1,
    top_p: 1,
    seed: expect.any(Number),
    stream: true,
    stream_options: { include_usage: true },
  });
});

test('raw text goes to completions, what was begun behind it', async () => {
  const [first] = await asked({}, { prompt: { text: 'Once' }, prefixes: begun });
  expect(first).toMatchObject({ path: '/completions', body: { prompt: 'Onceone\n', max_tokens: 32 } });
  expect(first!.body).not.toHaveProperty('messages');
});

test.each([
  { continuation: 'continue_final_message' as const, flags: { continue_final_message: true, add_generation_prompt: false } },
  { continuation: 'prefill' as const, flags: {} },
])('an answer that was begun is the last message; $continuation says so by $flags', async ({ continuation, flags }) => {
  const given = await body({ continuation }, { prefixes: begun }, llamaCpp);
  expect((given.messages as unknown[]).at(-1)).toEqual({ role: 'assistant', content: 'one\n' });
  const { continue_final_message, add_generation_prompt } = given;
  expect(JSON.parse(JSON.stringify({ continue_final_message, add_generation_prompt }))).toEqual(flags);
});

test('nothing begun is no empty message', async () => {
  const given = await body({ continuation: 'continue_final_message' }, {});
  expect(given.messages).toHaveLength(1);
  expect(given).not.toHaveProperty('continue_final_message');
});

test.each([
  { stop_string: 'include_stop_str_in_output' as const, dialect: vllm, keeps: { include_stop_str_in_output: true } },
  { stop_string: 'no_stop_trim' as const, dialect: sglang, keeps: { no_stop_trim: true } },
  { stop_string: 'named' as const, dialect: sglang, keeps: {} },
])('until the end of a step the delimiter is a stop string, kept by $stop_string', async ({ stop_string, dialect, keeps }) => {
  const sampling = { ...requestOf().sampling, stop: ['END'] };
  const given = await body({ continuation: 'continue_final_message', stop_string }, { until: 'step', sampling }, dialect);
  expect(given).toMatchObject({ stop: ['END', '\n'], stream: true, ...keeps });
  const whole = await body({ continuation: 'continue_final_message', stop_string }, { sampling }, dialect);
  expect(whole.stop).toEqual(['END']);
  for (const key of Object.keys(keeps)) expect(whole).not.toHaveProperty(key);
});

test.each([
  { rule: { marks: ['##', '\n'] }, stop: ['END', '##', '\n'] },
  { rule: { pattern: '\\n+' }, stop: ['END'] },
  { rule: { tokens: 8 }, stop: ['END'] },
])('what a stop string can end is ended by it, the rest is cut afterwards: $rule', async ({ rule, stop }) => {
  const sampling = { ...requestOf().sampling, stop: ['END'] };
  const step = { ...rule, max_tokens: 16 };
  const given = await body({ continuation: 'continue_final_message', stop_string: 'named' }, { until: 'step', sampling, step });
  expect(given.stop).toEqual(stop);
});

test('where log-probabilities tell the step, the delimiter is the only stop string, and the answer is not streamed', async () => {
  const sampling = { ...requestOf().sampling, stop: ['END'] };
  const config = { continuation: 'prefill', stop_string: 'end_in_logprobs' } as const;
  const given = await body(config, { until: 'step', sampling }, llamaCpp);
  expect(given).toMatchObject({ stop: ['\n'], logprobs: true, top_logprobs: 1 });
  expect(given).not.toHaveProperty('stream');
  expect(await body(config, { sampling }, llamaCpp)).toMatchObject({ stop: ['END'], stream: true });
});

test('top_k and min_p go where they are on; what the config adds gives way to the request', async () => {
  const config = {
    accepts: ['seed', 'top_k', 'min_p'],
    extra_body: { top_k: -1, min_p: 0, temperature: 9, cache_salt: 'x' },
  } as Partial<OpenAiConfig>;
  const on = { ...requestOf().sampling, top_k: 5, min_p: 0.1 };
  expect(await body(config, { sampling: on })).toMatchObject({ top_k: 5, min_p: 0.1, temperature: 1, cache_salt: 'x' });
  expect(await body(config, {})).toMatchObject({ top_k: -1, min_p: 0 });
  expect(await body({}, {})).not.toHaveProperty('top_k');
});

test.each([
  { name: 'a seed', sampling: {}, config: { accepts: [] }, member: 'seed' },
  { name: 'the older limit', sampling: {}, config: { limit_name: 'max_completion_tokens' as const }, member: 'max_tokens' },
])('what the server does not take is not sent: $name', async ({ config, member }) => {
  const given = await body(config, {});
  expect(given).not.toHaveProperty(member);
  if (member === 'max_tokens') expect(given.max_completion_tokens).toBe(32);
});

test('log-probabilities are asked for in the form of each route, one alternative at least', async () => {
  expect(await body({}, { top_logprobs: 0 })).toMatchObject({ logprobs: true, top_logprobs: 1 });
  expect(await body({}, { top_logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
  expect(await body({}, { prompt: { text: 'x' }, top_logprobs: 3 })).toMatchObject({ logprobs: 3 });
});

test('without `n` each candidate is a request with a seed of its own, equal in every run', async () => {
  const request = { prefixes: [prefixOf({ count: 5 }), prefixOf({ id: '0.9', text: 'one\n', count: 2, first_child: 3 })] };
  const config = { continuation: 'continue_final_message' } as const;
  const first = await asked(config, request);
  const seeds = first.map((one) => one.body.seed as number);
  expect(new Set(seeds).size).toBe(7);
  for (const seed of seeds) expect(seed).toBeGreaterThanOrEqual(0);
  for (const seed of seeds) expect(seed).toBeLessThan(2 ** 31);
  expect((await asked(config, request)).map((one) => one.body.seed)).toEqual(seeds);
  expect((await asked(config, { ...request, seed: 8 })).map((one) => one.body.seed)).not.toEqual(seeds);
});

test('a candidate that goes on draws other tokens than it drew', async () => {
  const config = { continuation: 'prefill' } as const;
  const first = await body(config, { prefixes: [prefixOf()] }, llamaCpp);
  const again = await body(config, { prefixes: [prefixOf({ id: '0.0', text: 'one ', resume: true })] }, llamaCpp);
  expect(again.seed).not.toBe(first.seed);
});

test('no more requests at a time than the config says', async () => {
  const server = new StandIn(vllm);
  const port = portOver(server.fetch, { config: { concurrency: 3 } });
  expect(candidates(await linesOf(port, requestOf({ prefixes: [prefixOf({ count: 20 })] })))).toHaveLength(20);
  expect(server.most).toBe(3);
});
