import { expect, test } from 'vitest';
import { chatAnswer as schema } from '../../schemas/chat-completions.ts';
import type { ChatBody } from '../../src/requests/chat.ts';
import { chatAnswer, chatTask, chosen, isScaled, refuseMoreThanDrawn, unread } from '../../src/requests/chat.ts';
import { chatBody } from '../../src/routes/chat-completions.ts';
import { config } from './config.ts';
import { finished, scored } from './finished.ts';

const body = (more: object = {}): ChatBody => chatBody.parse({ messages: [{ role: 'user', content: 'q' }], ...more });

test.each([
  { name: 'nothing', more: {}, scaled: false },
  { name: 'n alone', more: { n: 4 }, scaled: false },
  { name: 'a policy', more: { model: 'writer' }, scaled: false },
  { name: 'null', more: { winnow: null }, scaled: false },
  { name: 'an empty `winnow`', more: { winnow: {} }, scaled: true },
  { name: 'a recipe', more: { model: 'careful' }, scaled: true },
  { name: 'a suffix', more: { model: 'writer@best_of_n' }, scaled: true },
  { name: 'the name of a member of every object', more: { model: 'constructor' }, scaled: false },
])('$name turns scaling on: $scaled (api.md 1)', ({ more, scaled }) => {
  expect(isScaled(body(more), config.recipes)).toBe(scaled);
});

test('without scaling n samples are asked for: no reward, no vote', () => {
  expect(chatTask(body({ n: 3 }), false)).toMatchObject({
    strategy: 'best_of_n',
    options: { n: 3 },
    rewards: [],
    selection: 'argmax',
    path: '',
  });
  expect(chatTask(body(), false).options).toEqual({ n: 1 });
});

test('with scaling the members of `winnow` are the request’s; n is how many come back', () => {
  const winnow = { strategy: 'beam_search', options: { keep: 2 }, budget: 9, rewards: ['outcome'], selection: 'argmax' };
  const { selection: _, ...asked } = winnow;
  expect(chatTask(body({ n: 3, winnow }), true)).toMatchObject({ ...asked, path: 'winnow.', optionsPath: 'winnow.options.' });
});

test('sampling goes from OpenAI’s places to the native names; null is as good as absent', () => {
  const given = {
    temperature: 0,
    top_p: 0.5,
    stop: 'x',
    seed: 4,
    max_tokens: 9,
    max_completion_tokens: 7,
    logprobs: true,
    top_logprobs: 2,
  };
  expect(chatTask(body(given), false).sampling).toEqual({
    temperature: 0,
    top_p: 0.5,
    stop: 'x',
    seed: 4,
    max_tokens: 7,
    logprobs: 2,
  });
  expect(chatTask(body({ temperature: null, max_tokens: null, seed: null, logprobs: null }), false).sampling).toEqual({});
  expect(chatTask(body({ max_tokens: 9, max_completion_tokens: null }), false).sampling).toEqual({ max_tokens: 9 });
  expect(chatTask(body({ logprobs: true }), false).sampling).toEqual({ logprobs: 0 });
});

test.each([
  { more: { top_logprobs: 2 }, param: 'top_logprobs' },
  { more: { top_logprobs: 2, logprobs: false }, param: 'top_logprobs' },
  { more: { stream_options: { include_usage: true } }, param: 'stream_options' },
])('$param without what it needs is refused', ({ more, param }) => {
  expect(() => chatTask(body(more), false)).toThrow(expect.objectContaining({ code: 'invalid_value', param }));
});

test('members that are not known are ignored with a warning, harmless ones without; never more than sixteen', () => {
  expect(unread(body({ user: 'me', store: true, top_k: 4, favourite: 1 }), chatBody.shape)).toEqual([
    'The member "favourite" is not known and was ignored.',
  ]);
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, place) => [`${'x'.repeat(200)}${place}`, 1]));
  const warnings = unread(body(many), chatBody.shape);
  expect(warnings).toHaveLength(16);
  expect(Math.max(...warnings.map(({ length }) => length))).toBeLessThan(150);
});

const texts = ['a', 'b', 'a', 'c'];
const four = texts.map((text, place) => scored(`0.${place}`, text, 4 - place));
const ended = finished({ pool: four, ranking: [0, 1, 2, 3] });

test.each([
  { count: 1, ids: ['0.0'] },
  { count: 3, ids: ['0.0', '0.1', '0.3'] },
  { count: 4, ids: ['0.0', '0.1', '0.3', '0.2'] },
  { count: 9, ids: ['0.0', '0.1', '0.3', '0.2'] },
])('of a scaled run $count come back in selection order, distinct texts first', ({ count, ids }) => {
  expect(chosen(ended, true, count).map(({ id }) => id)).toEqual(ids);
});

test('without scaling all come back, by index; failed ones never', () => {
  const pool = [...four, scored('0.4', '', null, { finish: 'error' })];
  expect(chosen(finished({ pool, ranking: [3, 2, 1, 0] }), false, 5).map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2', '0.3']);
});

test('more answers than the run draws is refused by both numbers', () => {
  expect(() => refuseMoreThanDrawn(body({ n: 8 }), ended.task)).not.toThrow();
  expect(() => refuseMoreThanDrawn(body({ n: 9 }), ended.task)).toThrow(
    expect.objectContaining({ code: 'invalid_value', param: 'n', message: expect.stringMatching(/9.*8/) }),
  );
});

test('the answer is OpenAI’s, with the report in `winnow` where scaling is on', () => {
  const answer = chatAnswer(ended, body({ n: 2 }), true, ['odd']);
  expect(schema.parse(answer)).toEqual(answer);
  expect(answer).toMatchObject({
    id: 'chatcmpl-0123',
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'a', refusal: null }, logprobs: null, finish_reason: 'stop' },
      { index: 1, message: { content: 'b' } },
    ],
    winnow: { strategy: 'best_of_n', seed: 3, warnings: ['odd'] },
  });
});

test('without scaling `winnow` holds warnings alone, where there are any', () => {
  expect(chatAnswer(ended, body({ n: 4 }), false, [])).not.toHaveProperty('winnow');
  expect(chatAnswer(ended, body({ n: 4 }), false, ['odd']).winnow).toEqual({ warnings: ['odd'] });
  expect(chatAnswer(ended, body({ n: 6 }), false, []).winnow).toEqual({ warnings: ['6 answers were asked for; 4 came to be.'] });
});

test.each(['length', 'budget', 'step', 'cancelled'] as const)('a finish by %s is `length` in chat', (finish) => {
  const pool = [scored('0.0', 'a', 1, { finish })];
  expect(chatAnswer(finished({ pool, ranking: [0] }), body(), true, []).choices[0]!.finish_reason).toBe('length');
});

test('log-probabilities are of the tokens that the content is made of: no end token, no stop string', () => {
  const top = [{ token: 'b', logprob: -2 }];
  const logprobs = [
    { token: 'gr\u00FC', logprob: -0.5, top },
    { token: '', logprob: -0.1 },
    { token: '\u00DF', logprob: -0.2 },
    { token: 'STOP', logprob: -0.3 },
    { token: '<eos>', logprob: -0.4 },
  ];
  const pool = [scored('0.0', 'gr\u00FC\u00DF', 1, { logprobs })];
  const answer = chatAnswer(finished({ pool, ranking: [0] }), body({ logprobs: true, top_logprobs: 1 }), true, []);
  expect(answer.choices[0]!.logprobs).toEqual({
    content: [
      { token: 'gr\u00FC', logprob: -0.5, bytes: [103, 114, 195, 188], top_logprobs: [{ token: 'b', logprob: -2, bytes: [98] }] },
      { token: '\u00DF', logprob: -0.2, bytes: [195, 159], top_logprobs: [] },
    ],
    refusal: null,
  });
});
