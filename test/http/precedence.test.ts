/** Who decides: body > model string > recipe > policy > house default. Read off plans, which spend nothing. */
import { expect, test } from 'vitest';
import { type Plan, plan } from '../../schemas/run.ts';
import { asked, expectRefusal, good, post } from './winnow.ts';

const native = async (path: string, body: object): Promise<Plan> =>
  good(await post(path, { ...asked, ...body, dry_run: true }), plan);
const chat = async ({ winnow = {}, ...body }: { model?: string; winnow?: object; [other: string]: unknown }): Promise<Plan> =>
  good(await post('/v1/chat/completions', { ...asked, ...body, winnow: { ...winnow, dry_run: true } }), plan);

const CAP = 65_536;

test.each([
  { said: 'the house default', request: {}, n: 8, tokens: CAP },
  { said: 'a recipe', request: { model: 'careful' }, n: 16, tokens: CAP },
  { said: 'a model string', request: { model: 'puzzles@best_of_n:4' }, n: 4, tokens: 4 * 160 },
  { said: 'a model string without an integer', request: { model: 'puzzles@best_of_n' }, n: 8, tokens: CAP },
  { said: 'options over a recipe', request: { model: 'careful', winnow: { options: { n: 3 } } }, n: 3, tokens: CAP },
  { said: 'an integer over a recipe', request: { model: 'careful', winnow: { budget: 3 } }, n: 3, tokens: 3 * 160 },
  {
    said: 'an integer over a model string',
    request: { model: 'puzzles@best_of_n:4', winnow: { budget: 6 } },
    n: 6,
    tokens: 6 * 160,
  },
  {
    said: 'options over a model string: its tokens go with its width',
    request: { model: 'puzzles@best_of_n:4', winnow: { options: { n: 5 } } },
    n: 5,
    tokens: CAP,
  },
  {
    said: 'limits over a model string: its width goes with its tokens',
    request: { model: 'puzzles@best_of_n:4', winnow: { budget: { max_tokens: 900 } } },
    n: 8,
    tokens: 900,
  },
  { said: 'limits over a recipe', request: { model: 'careful', winnow: { budget: { max_tokens: 900 } } }, n: 8, tokens: 900 },
  {
    said: 'limits and width of one place',
    request: { model: 'careful', winnow: { budget: { max_tokens: 900 }, options: { n: 2 } } },
    n: 2,
    tokens: 900,
  },
])('$said: n $n, $tokens tokens', async ({ request, n, tokens }) => {
  const { strategy, options, limits } = await chat(request);
  expect({ strategy, n: options.n, tokens: limits.max_tokens }).toEqual({ strategy: 'best_of_n', n, tokens });
});

test('on the native route the model string sets n, and n in the body replaces it', async () => {
  expect((await native('/v1/best-of-n', { model: 'puzzles@best_of_n:4' })).options).toEqual({ n: 4 });
  expect((await native('/v1/best-of-n', { model: 'puzzles@best_of_n:4', n: 9 })).options).toEqual({ n: 9 });
  expect((await native('/v1/best-of-n', { model: 'careful' })).options).toEqual({ n: 16 });
});

test('a strategy in the body replaces that of the model string, with all that goes with it', async () => {
  const request = { model: 'puzzles@beam_search:8', winnow: { strategy: 'best_of_n' } };
  expect(await chat(request)).toMatchObject({ strategy: 'best_of_n', options: { n: 8 }, limits: { max_tokens: CAP } });
});

test('a strategy in the body replaces that of a recipe, and its options with it', async () => {
  expect(await chat({ model: 'careful', winnow: { strategy: 'beam_search' } })).toMatchObject({
    strategy: 'beam_search',
    options: { keep: 4, branch: 4 },
  });
});

test('options that say nothing of size join those of the place that does', async () => {
  const request = { model: 'puzzles@beam_search:8', winnow: { options: { max_steps: 3, dedupe: false } } };
  expect((await chat(request)).options).toMatchObject({ keep: 2, branch: 4, max_steps: 3, dedupe: false });
});

test('sampling of the body replaces the policy’s', async () => {
  expect((await native('/v1/best-of-n', { budget: 3 })).limits.max_tokens).toBe(480);
  expect((await native('/v1/best-of-n', { budget: 3, sampling: { max_tokens: 10 } })).limits.max_tokens).toBe(30);
});

test('in chat max_completion_tokens wins over max_tokens', async () => {
  expect((await chat({ max_tokens: 50, winnow: { budget: 2 } })).limits.max_tokens).toBe(100);
  expect((await chat({ max_tokens: 50, max_completion_tokens: 10, winnow: { budget: 2 } })).limits.max_tokens).toBe(20);
});

test('rewards of the body replace the policy’s', async () => {
  expect((await native('/v1/best-of-n', {})).bound.score_calls).toBe(1);
  expect((await native('/v1/best-of-n', { rewards: [] })).bound.score_calls).toBe(0);
});

test('the rule of the body replaces what follows from the policy', async () => {
  expect((await native('/v1/best-of-n', { model: 'chains' })).selection.rule).toBe('weighted_vote');
  expect((await native('/v1/best-of-n', { model: 'chains', rewards: [] })).selection.rule).toBe('majority_vote');
  expect((await native('/v1/best-of-n', { model: 'chains', selection: 'argmax' })).selection.rule).toBe('argmax');
});

test('the default policy answers where no model is named', async () => {
  expect((await native('/v1/best-of-n', {})).model).toBe('puzzles');
});

test.each([
  { model: 'nope', status: 404, code: 'model_not_found' },
  { model: 'nope@best_of_n:4', status: 404, code: 'model_not_found' },
  { model: '@best_of_n:4', status: 404, code: 'model_not_found' },
  { model: ':4', status: 404, code: 'model_not_found' },
  { model: 'Puzzles', status: 404, code: 'model_not_found' },
  { model: 'puzzles:4', status: 404, code: 'model_not_found' },
  { model: 'careful@best_of_n:4', status: 400, code: 'invalid_value' },
  { model: 'puzzles@', status: 400, code: 'unsupported_value' },
  { model: 'puzzles@nope', status: 400, code: 'unsupported_value' },
  { model: 'puzzles@constructor', status: 400, code: 'unsupported_value' },
  { model: 'puzzles@best_of_n@best_of_n', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:0', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:257', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:-4', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:1.5', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:4e1', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n: 4', status: 400, code: 'invalid_value' },
  { model: 'puzzles@best_of_n:4:4', status: 400, code: 'invalid_value' },
])('the model string "$model" is refused: $status $code', async ({ model, status, code }) => {
  const answer = await post('/v1/chat/completions', { ...asked, model });
  expectRefusal(answer, { status, code, param: 'model' });
});

test('a model string whose strategy is not of the route’s family is refused with those that are', async () => {
  const answer = await post('/v1/search', { ...asked, model: 'puzzles@best_of_n:4' });
  expectRefusal(answer, { status: 400, code: 'unsupported_value', param: 'model', says: /beam_search/ });
});
