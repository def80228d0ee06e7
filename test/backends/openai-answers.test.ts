/** What a server may answer beside what it should: each becomes a candidate, a failure of its own, or an error that says it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GenerateRequest } from '../../schemas/backend.ts';
import { generateLine } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { failureOf } from './collect.ts';
import type { Wished } from './openai-port.ts';
import {
  candidates,
  chatAnswer,
  DONE,
  delta,
  end,
  events,
  linesOf,
  portOver,
  prefixOf,
  requestOf,
  usage,
  usageOf,
} from './openai-port.ts';

const lines = (answer: () => Response, request: Partial<GenerateRequest> = {}, wished: Wished = {}) =>
  linesOf(portOver(answer, wished), requestOf(request));
const only = async (answer: () => Response, request: Partial<GenerateRequest> = {}, wished: Wished = {}) =>
  candidates(await lines(answer, request, wished))[0];

const choice = (content: unknown, more: object = {}) => ({
  index: 0,
  message: { role: 'assistant', content },
  finish_reason: 'stop',
  ...more,
});

test('a stream becomes one candidate with the tokens of its usage', async () => {
  const all = await lines(() => events(delta('on'), delta('e'), end(), usage(3), DONE));
  expect(candidates(all)).toEqual([
    { type: 'candidate', id: '0.0', parent: '0', text: 'one', step: 1, step_ends: [2], token_count: 3, finish: 'stop' },
  ]);
  expect(usageOf(all)).toEqual({ prompt_tokens: 5, completion_tokens: 3, processed: null, cached: null, unique: null });
});

test('an answer that is not streamed is read where a stream was asked for', async () => {
  expect(await only(() => chatAnswer([choice('one')]))).toMatchObject({ text: 'one', token_count: 3, finish: 'stop' });
});

test('events are whole wherever their bytes are cut, with any ends of lines, among comments', async () => {
  const text = `: ping\r\n\r\nevent: message\r\ndata: ${JSON.stringify(delta('grüße \u{1F600}'))}\r\n\r\n:\n\ndata:${JSON.stringify(end())}\n\ndata: ${JSON.stringify(usage(4))}\r\rdata: [DONE]\n\n`;
  const bytes = new TextEncoder().encode(text);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 80 }), async (sizes) => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          let at = 0;
          for (const size of sizes) {
            controller.enqueue(bytes.slice(at, at + size));
            at += size;
          }
          controller.enqueue(bytes.slice(at));
          controller.close();
        },
      });
      const answer = () => new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
      expect(await only(answer)).toMatchObject({ text: 'grüße \u{1F600}', finish: 'stop', token_count: 4 });
    }),
    { numRuns: 60 },
  );
});

test('one event over several data lines is one', async () => {
  expect(
    await only(() =>
      events('data: {"choices":[{"index":0,\ndata: "delta":{"content":"one"},"finish_reason":"stop"}]}\n\n', DONE),
    ),
  ).toMatchObject({ text: 'one' });
});

test.each([
  { name: 'the finish reason eos', given: choice('one', { finish_reason: 'eos' }), finish: 'stop' },
  { name: 'eos_token of TGI', given: choice('one', { finish_reason: 'eos_token' }), finish: 'stop' },
  { name: 'max_tokens', given: choice('one', { finish_reason: 'max_tokens' }), finish: 'length' },
  { name: 'a word that nobody knows', given: choice('one', { finish_reason: 'weary' }), finish: 'stop' },
  { name: 'tool_calls beside a text', given: choice('one', { finish_reason: 'tool_calls' }), finish: 'stop' },
  { name: 'abort after a text', given: choice('one', { finish_reason: 'abort' }), finish: 'cancelled' },
  { name: 'no finish reason', given: choice('one', { finish_reason: null }), finish: 'cancelled' },
  {
    name: 'text in parts',
    given: choice([
      { type: 'text', text: 'o' },
      { type: 'text', text: 'ne' },
    ]),
    finish: 'stop',
  },
  {
    name: 'reasoning beside it',
    given: { ...choice('one'), message: { content: 'one', reasoning_content: 'hm' } },
    finish: 'stop',
  },
  { name: 'no index', given: { ...choice('one'), index: null }, finish: 'stop' },
])('$name: the text counts, and ends by $finish', async ({ given, finish }) => {
  expect(await only(() => chatAnswer([given]))).toMatchObject({ text: 'one', finish });
});

test('an empty answer that ended is an empty candidate', async () => {
  expect(await only(() => chatAnswer([choice('')], { usage: { prompt_tokens: 5, completion_tokens: 1 } }))).toMatchObject({
    text: '',
    finish: 'stop',
    token_count: 1,
    step: 0,
    step_ends: [],
  });
  expect(await only(() => chatAnswer([choice(null)]))).toMatchObject({ text: '', finish: 'stop' });
});

test.each([
  {
    name: 'tools that are called',
    given: { ...choice(null), message: { content: null, tool_calls: [{}] }, finish_reason: 'tool_calls' },
    code: 'tool_calls',
  },
  { name: 'a refusal', given: { ...choice(null), message: { content: null, refusal: 'I cannot.' } }, code: 'refusal' },
  { name: 'a filter', given: choice('on', { finish_reason: 'content_filter' }), code: 'content_filter' },
  { name: 'an abort without a text', given: choice('', { finish_reason: 'abort' }), code: 'backend_error' },
])('$name is no answer: the failure of that candidate, and its tokens are counted', async ({ given, code }) => {
  const all = await lines(() => chatAnswer([given]));
  expect(all[0]).toMatchObject({ type: 'error', id: '0.0', code });
  expect(usageOf(all)).toMatchObject({ completion_tokens: 3 });
});

test('without usage tokens are counted by log-probabilities, a limit that was reached, else estimated and said to be unknown', async () => {
  const content = ['o', 'ne', ''].map((token) => ({ token, logprob: -1, top_logprobs: [] }));
  const counted = await lines(() => Response.json({ choices: [choice('one', { logprobs: { content } })] }), { top_logprobs: 0 });
  expect(candidates(counted)[0]).toMatchObject({ token_count: 3 });
  expect(usageOf(counted)).toEqual({ prompt_tokens: null, completion_tokens: 3, processed: null, cached: null, unique: null });
  const full = await lines(() => Response.json({ choices: [choice('one', { finish_reason: 'length' })] }));
  expect(candidates(full)[0]).toMatchObject({ token_count: 32 });
  expect(usageOf(full)).not.toHaveProperty('unreported_tokens');
  const unknown = await lines(() => Response.json({ choices: [choice('one two three')] }));
  expect(candidates(unknown)[0]).toMatchObject({ token_count: 4 });
  expect(usageOf(unknown)).toMatchObject({ completion_tokens: 4, unreported_tokens: 28 });
});

test('a usage of 0 tokens for a text is no usage', async () => {
  const all = await lines(() => chatAnswer([choice('one')], { usage: { prompt_tokens: 0, completion_tokens: 0 } }));
  expect(usageOf(all)).toMatchObject({ completion_tokens: 1, unreported_tokens: 31 });
});

test('usage that grows with the stream counts once', async () => {
  const growing = (tokens: number) => ({ usage: { prompt_tokens: 5, completion_tokens: tokens } });
  const all = await lines(() =>
    events({ ...delta('on'), ...growing(1) }, { ...delta('e'), ...growing(2) }, { ...end(), ...growing(3) }, DONE),
  );
  expect(usageOf(all)).toMatchObject({ completion_tokens: 3 });
});

test('positions that were computed are told where the server tells its cache', async () => {
  const told = { prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } };
  expect(usageOf(await lines(() => chatAnswer([choice('one')], { usage: told })))).toMatchObject({ processed: 3, cached: 4 });
});

test('the prompt is counted by a request that continues nothing', async () => {
  const wished = { config: { continuation: 'prefill' as const } };
  const all = await lines(
    () => chatAnswer([choice('ab')]),
    { prefixes: [prefixOf({ id: '0.0', text: 'one', resume: true })] },
    wished,
  );
  expect(usageOf(all)).toMatchObject({ prompt_tokens: null, completion_tokens: 3 });
});

test.each([
  {
    name: 'chat',
    answer: {
      content: [
        {
          token: 'on',
          logprob: -0.5,
          bytes: [1],
          top_logprobs: [
            { token: 'on', logprob: -0.5 },
            { token: 'x', logprob: -2 },
          ],
        },
      ],
    },
    prompt: undefined,
  },
  {
    name: 'completions',
    answer: { tokens: ['on'], token_logprobs: [-0.5], text_offset: [0], top_logprobs: [{ x: -2, on: -0.5 }] },
    prompt: { text: 'x' },
  },
])('log-probabilities as of $name are the same', async ({ answer, prompt }) => {
  const given = () =>
    Response.json({
      choices: [{ index: 0, text: 'on', message: { content: 'on' }, finish_reason: 'length', logprobs: answer }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    });
  const both = prompt
    ? () =>
        Response.json({
          choices: [{ index: 0, text: 'on', finish_reason: 'length', logprobs: answer }],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        })
    : given;
  const read = await only(both, { top_logprobs: 2, ...(prompt ? { prompt } : {}) });
  expect(read).toMatchObject({
    logprob: -0.5,
    logprobs: [
      {
        token: 'on',
        logprob: -0.5,
        top: [
          { token: 'on', logprob: -0.5 },
          { token: 'x', logprob: -2 },
        ],
      },
    ],
  });
  const none = await only(both, { top_logprobs: 0, ...(prompt ? { prompt } : {}) });
  expect(none!.logprobs).toEqual([{ token: 'on', logprob: -0.5 }]);
});

test.each([
  { name: 'all of them', text: 'one two', tokens: ['one', ' two'], ends: [3, 7] },
  { name: 'an end token adds nothing that is known', text: 'one', tokens: ['one', '<|end|>'], ends: [3] },
  {
    name: 'not after a part of a character',
    text: 'a\u{1F600}b',
    tokens: ['a', 'bytes:\\xf0\\x9f', 'bytes:\\x98\\x80', 'b'],
    ends: [1],
  },
])('where tokens end in the text: $name', async ({ text, tokens, ends }) => {
  const content = tokens.map((token) => ({ token, logprob: -1 }));
  const given = () => chatAnswer([choice(text, { logprobs: { content } })]);
  expect((await only(given, { top_logprobs: 0 }))!.text_ends).toEqual(ends);
  expect(await only(given, {})).not.toHaveProperty('text_ends');
});

test.each([null, {}, { content: null }, { tokens: ['a'], token_logprobs: [null] }])(
  'log-probabilities that are %j are none',
  async (logprobs) => {
    expect(await only(() => chatAnswer([choice('one', { logprobs })]), { top_logprobs: 1 })).not.toHaveProperty('logprobs');
  },
);

const step = { until: 'step' as const };
const stepwise = (stop_string: 'named' | 'include_stop_str_in_output' | 'end_in_logprobs' | 'stop_in_logprobs') => ({
  config: { continuation: 'prefill' as const, stop_string },
});

test.each([
  { name: 'the delimiter is named', given: choice('one', { stop_reason: '\n' }), text: 'one\n', finish: 'step' },
  { name: 'SGLang names it', given: choice('one', { matched_stop: '\n' }), text: 'one\n', finish: 'step' },
  { name: 'an end token is named', given: choice('one', { matched_stop: 151645 }), text: 'one', finish: 'stop' },
  { name: 'nothing is named', given: choice('one', { stop_reason: null }), text: 'one', finish: 'stop' },
  { name: 'a stop string is named', given: choice('one', { stop_reason: 'END' }), text: 'one', finish: 'stop' },
  { name: 'the delimiter comes at once', given: choice('', { stop_reason: '\n' }), text: '\n', finish: 'step' },
])('a step where $name: $finish', async ({ given, text, finish }) => {
  const sampling = { ...requestOf().sampling, stop: ['END'] };
  expect(await only(() => chatAnswer([given]), { ...step, sampling }, stepwise('named'))).toMatchObject({ text, finish });
});

test.each([
  { given: 'one\n', text: 'one\n', finish: 'step' },
  { given: 'one', text: 'one', finish: 'stop' },
  { given: 'oneEND', text: 'one', finish: 'stop' },
  { given: 'one\ntwo\n', text: 'one\n', finish: 'step' },
  { given: 'oneEND\ntwo', text: 'one', finish: 'stop' },
  { given: 'one\ntwoEND', text: 'one\n', finish: 'step' },
])('a server that keeps the stop string: $given is $finish', async ({ given, text, finish }) => {
  const sampling = { ...requestOf().sampling, stop: ['END'] };
  const read = await only(() => chatAnswer([choice(given)]), { ...step, sampling }, stepwise('include_stop_str_in_output'));
  expect(read).toMatchObject({ text, finish });
});

test.each([
  { name: 'the end token, with no text', tokens: ['one', ''], finish: 'stop' },
  { name: 'the end token, by its name', tokens: ['one', '<|im_end|>'], finish: 'stop' },
  { name: 'the tokens before the delimiter', tokens: ['one'], finish: 'step' },
  { name: 'nothing', tokens: undefined, finish: 'step' },
  { name: 'a last word of the text that looks like a mark', tokens: ['x', ' o', '<ne>'], text: 'o<ne>', finish: 'step' },
])('by log-probabilities, $name: $finish', async ({ tokens, finish, text = 'one' }) => {
  const logprobs = tokens ? { content: tokens.map((token) => ({ token, logprob: -1 })) } : null;
  const read = await only(() => chatAnswer([choice(text, { logprobs })]), step, stepwise('end_in_logprobs'));
  expect(read).toMatchObject({ text: finish === 'step' ? `${text}\n` : text, finish });
  expect(read).not.toHaveProperty('logprobs'); // they were for us
});

test.each([
  { name: 'the stop string behind the text', tokens: ['o', 'ne\n'], finish: 'step' },
  { name: 'the text alone', tokens: ['o', 'ne'], finish: 'stop' },
  { name: 'nothing', tokens: undefined, finish: 'stop' },
])('by log-probabilities that show a stop string, $name: $finish', async ({ tokens, finish }) => {
  const logprobs = tokens ? { content: tokens.map((token) => ({ token, logprob: -1 })) } : null;
  const read = await only(() => chatAnswer([choice('one', { logprobs })]), step, stepwise('stop_in_logprobs'));
  expect(read).toMatchObject({ text: finish === 'step' ? 'one\n' : 'one', finish });
});

test.each([
  {
    name: 'a mark that is named',
    rule: { marks: ['##', '\n'] },
    given: choice('one', { stop_reason: '##' }),
    text: 'one##',
    finish: 'step',
  },
  { name: 'another', rule: { marks: ['##', '\n'] }, given: choice('one', { stop_reason: '\n' }), text: 'one\n', finish: 'step' },
  { name: 'a match that is over', rule: { pattern: 'e+' }, given: choice('oneee two'), text: 'oneee', finish: 'step' },
  {
    name: 'a match that may grow',
    rule: { pattern: 'o+' },
    given: choice('twoo', { finish_reason: 'length' }),
    text: 'twoo',
    finish: 'length',
  },
  { name: 'the limit', rule: { tokens: 3 }, given: choice('one', { finish_reason: 'length' }), text: 'one', finish: 'step' },
  { name: 'an end before it', rule: { tokens: 4 }, given: choice('one'), text: 'one', finish: 'stop' },
  {
    name: 'a grant before it',
    rule: { tokens: 4 },
    given: choice('one', { finish_reason: 'length' }),
    text: 'one',
    finish: 'length',
  },
])('a step by $rule at $name: $finish (methods C.0)', async ({ rule, given, text, finish }) => {
  const limits = { max_tokens: 16 };
  const prefixes = [prefixOf({ max_tokens: 3 })];
  expect(
    await only(() => chatAnswer([given]), { ...step, step: { ...rule, ...limits }, prefixes }, stepwise('named')),
  ).toMatchObject({
    text,
    finish,
    step_text_ends: [text.length],
  });
});

test('of what was written past the end of a step by a pattern no token is the step’s, and all are paid', async () => {
  const content = ['one', '.', ' two', ' three'].map((token) => ({ token, logprob: -1 }));
  const answer = () =>
    chatAnswer([choice('one. two three', { logprobs: { content } })], { usage: { prompt_tokens: 5, completion_tokens: 4 } });
  const request = { ...step, step: { pattern: '\\.', max_tokens: 16 }, top_logprobs: 0 };
  const all = await lines(answer, request, stepwise('named'));
  expect(candidates(all)[0]).toMatchObject({ text: 'one.', token_count: 2, step_ends: [2], text_ends: [3, 4], finish: 'step' });
  expect(candidates(all)[0]!.logprobs).toHaveLength(2);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 4 });
});

test('the tokens of an open step before it count', async () => {
  const prefixes = [prefixOf({ text: 'ab', max_tokens: 3, steps: { ended: 1, open: 1, open_tokens: 2 } })];
  const given = () => chatAnswer([choice('one', { finish_reason: 'length' })]);
  const request = { ...step, step: { tokens: 5, max_tokens: 5 }, prefixes };
  expect(await only(given, request, stepwise('named'))).toMatchObject({
    finish: 'step',
    step: 2,
    step_ends: [3],
    step_open: false,
  });
});

test('a delimiter and a stop string that began in the text before are found, which the server cannot see', async () => {
  const wished = { config: { continuation: 'prefill' as const, stop_string: 'named' as const } };
  const prefixes = [prefixOf({ id: '0.0', text: 'one\n', resume: true })];
  const request = { until: 'step' as const, step: { delimiter: '\n\n', max_tokens: 16 }, prefixes };
  expect(await only(() => chatAnswer([choice('\ntwo', { stop_reason: '\n\n' })]), request, wished)).toMatchObject({
    text: '\n',
    finish: 'step',
    step: 1,
    step_ends: [1],
  });
  const sampling = { ...requestOf().sampling, stop: ['e\nE'] };
  expect(await only(() => chatAnswer([choice('Ex')]), { prefixes, sampling }, wished)).toMatchObject({
    text: 'E',
    finish: 'stop',
  });
});

test('an empty text goes on with the open step of a candidate, and begins none of a child', async () => {
  const wished = { config: { continuation: 'continue_final_message' as const } };
  const begun = prefixOf({ id: '0.0', text: 'one' });
  expect(await only(() => chatAnswer([choice('')]), { prefixes: [{ ...begun, resume: true }] }, wished)).toMatchObject({
    step: 1,
    step_ends: [0],
  });
  expect(await only(() => chatAnswer([choice('')]), { prefixes: [begun] }, wished)).toMatchObject({ step: 1, step_ends: [] });
});

test('what llama.cpp repeats of the text before is left out where it is not streamed, and kept where it is', async () => {
  const wished = { config: { continuation: 'prefill' as const } };
  const request = { prefixes: [prefixOf({ id: '0.0', text: 'one, ' })] };
  expect(await only(() => chatAnswer([choice('one, two')]), request, wished)).toMatchObject({ text: 'two' });
  expect(await only(() => chatAnswer([choice('two')]), request, wished)).toMatchObject({ text: 'two' });
  expect(await only(() => events(delta('one, two'), end(), usage(3), DONE), request, wished)).toMatchObject({ text: 'one, two' });
  const other = { config: { continuation: 'continue_final_message' as const } };
  expect(await only(() => chatAnswer([choice('one, two')]), request, other)).toMatchObject({ text: 'one, two' });
});

test('ends of steps are exact where the stream comes token by token, and spread over the text elsewhere', async () => {
  const pieces = ['a', 'b\n', 'c', '\n', 'd'].map((piece) => delta(piece));
  expect(await only(() => events(...pieces, end(), usage(6), DONE))).toMatchObject({ step: 3, step_ends: [2, 4, 5] });
  expect(await only(() => chatAnswer([choice('ab\nc\nd')], { usage: { prompt_tokens: 1, completion_tokens: 3 } }))).toMatchObject(
    { step: 3, step_ends: [2, 3, 3] },
  );
});

test.each([
  { name: 'no JSON', answer: () => new Response('<html>', { headers: { 'content-type': 'application/json' } }) },
  { name: 'nothing', answer: () => new Response('') },
  { name: 'JSON of something else', answer: () => Response.json({ hello: 1 }) },
  { name: 'choices that are none', answer: () => Response.json({ choices: 'many' }) },
  { name: 'no choice at all', answer: () => events(DONE) },
  { name: 'garbage for events', answer: () => events('data: {"choi\n\n', DONE) },
  { name: 'an event that is null', answer: () => events('data: null\n\n', DONE) },
])('$name is a `backend_error` that says none of it', async ({ answer }) => {
  const failure = await failureOf(
    lines(answer).then((all) => (all.some(({ type }) => type === 'candidate') ? all : Promise.reject(errorOf(all)))),
  );
  expect(failure).toMatchObject({ code: 'backend_error' });
  expect(failure.message).not.toMatch(/hello|html|choi/);
});
const errorOf = (all: readonly object[]) => all[0];

test('more choices than were asked for are paid for and left out; chunks without choices change nothing', async () => {
  const all = await lines(() =>
    chatAnswer([choice('one'), { ...choice('two'), index: 1 }], { usage: { prompt_tokens: 5, completion_tokens: 9 } }),
  );
  expect(candidates(all)).toHaveLength(1);
  expect(usageOf(all)).toMatchObject({ completion_tokens: 9 });
  expect(
    await only(() => events({ choices: [] }, { id: 'x', choices: null, usage: null }, delta('one'), end(), usage(2), DONE)),
  ).toMatchObject({ text: 'one' });
});

/** JSON that looks like an answer here and there, and is anything elsewhere. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, '', 'one', '\n', 0, -1, 1e300, true),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      'choices',
      'index',
      'message',
      'delta',
      'text',
      'content',
      'finish_reason',
      'usage',
      'prompt_tokens',
      'completion_tokens',
      'logprobs',
      'tokens',
      'token_logprobs',
      'top_logprobs',
      'token',
      'logprob',
      'error',
      'stop_reason',
      '__proto__',
    ),
    tie('value'),
    { maxKeys: 6 },
  ),
})).object;

test('whatever JSON comes, streamed or not, it is lines of the protocol or a WinnowError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { maxLength: 4 }), fc.boolean(), fc.boolean(), async (parts, streams, until) => {
      const answer = () => (streams ? events(...(parts as object[]), DONE) : Response.json(parts[0] ?? null));
      const request = { prefixes: [prefixOf({ count: 2 })], top_logprobs: 1, ...(until ? step : {}) };
      const given = lines(answer, request, { config: { n: true, continuation: 'prefill', stop_string: 'end_in_logprobs' } });
      const all = await given.catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(WinnowError);
        return [];
      });
      for (const line of all) expect(generateLine.safeParse(line).error).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
