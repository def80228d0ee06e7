import { expect, test } from 'vitest';
import { selectAnswer } from '../../schemas/select.ts';
import { expectRefusal, good, post } from './winnow.ts';

const select = async (body: object) => good(await post('/v1/select', body), selectAnswer);
const texts = (...all: string[]) => all.map((text) => ({ text }));
const scored = (...all: (number | null)[]) => all.map((quality, place) => ({ text: `text ${place}`, scores: { quality } }));

test('argmax takes the best score; the ranking is of all, best first', async () => {
  const answer = await select({ candidates: scored(1, 3, 2), selection: 'argmax' });
  expect(answer).toMatchObject({ object: 'winnow.selection', choice: { index: 1, text: 'text 1' }, ranking: [1, 2, 0] });
  expect(answer.selection).toEqual({ rule: 'argmax', degraded: false });
});

test('a score of null ranks after every other, and 0 is a score', async () => {
  const { ranking } = await select({ candidates: scored(null, -5, 0, null), selection: 'argmax' });
  expect(ranking).toEqual([2, 1, 0, 3]);
});

test('of equal scores the one with fewer tokens wins, then the first', async () => {
  const candidates = [7, 3, 3].map((tokens, place) => ({ text: String(place), scores: { quality: 1 }, tokens }));
  expect((await select({ candidates, selection: 'argmax' })).ranking).toEqual([1, 2, 0]);
});

test('tie_epsilon makes near scores equal', async () => {
  const candidates = [1, 1.05].map((quality, place) => ({ text: String(place), scores: { quality }, tokens: place }));
  expect((await select({ candidates, selection: { rule: 'argmax', tie_epsilon: 0.1 } })).choice.index).toBe(0);
  expect((await select({ candidates, selection: 'argmax' })).choice.index).toBe(1);
});

test('several scores: selection.reward names the one that counts', async () => {
  const candidates = [
    { text: 'a', scores: { truth: 1, style: 9 } },
    { text: 'b', scores: { truth: 2, style: 3 } },
  ];
  expect((await select({ candidates, selection: { rule: 'argmax', reward: 'truth' } })).choice.index).toBe(1);
  expect((await select({ candidates, selection: { rule: 'argmax', reward: 'style' } })).choice.index).toBe(0);
  const refusal = await post('/v1/select', { candidates, selection: { rule: 'argmax', reward: 'price' } });
  expectRefusal(refusal, { status: 400, code: 'invalid_value', param: 'selection.reward', says: /truth, style/ });
});

test('majority vote over the answers that the policy’s extractor reads', async () => {
  const candidates = texts('Answer: 7', 'Answer: 9', 'Answer: 9.0', 'nothing');
  const answer = await select({ model: 'chains', candidates, selection: 'majority_vote' });
  expect(answer.choice).toEqual({ index: 1, text: 'Answer: 9', answer: '9' });
  expect(answer.selection).toMatchObject({ rule: 'majority_vote', degraded: false, coverage: 0.75 });
  expect(answer.selection.share).toBeCloseTo(2 / 3, 10);
  expect(answer.clusters?.map(({ members }) => members)).toEqual([[1, 2], [0]]);
});

test('weighted vote: the heavier answer wins against the more frequent one', async () => {
  const weighted = [0.1, 0.1, 0.9].map((quality, place) => ({ text: `Answer: ${place < 2 ? 1 : 2}`, scores: { quality } }));
  const answer = await select({
    model: 'chains',
    candidates: weighted,
    selection: { rule: 'weighted_vote', weight_map: 'prob' },
  });
  expect(answer.choice.answer).toBe('2');
  expect(answer.selection.share).toBeCloseTo(0.9 / 1.1, 10);
});

test('the worked example of logits: three mediocre votes outweigh a better one (methods A.4)', async () => {
  const logits = [-1.0, -1.2, -0.8, -0.5].map((quality, place) => ({
    text: `Answer: ${place < 3 ? 1 : 2}`,
    scores: { quality },
  }));
  const selection = { rule: 'weighted_vote', weight_map: 'softmax' };
  const answer = await select({ model: 'chains', candidates: logits, selection });
  expect(answer.choice.answer).toBe('1');
  expect(answer.selection.share).toBeCloseTo(0.6483744224600234, 9);
});

test('a lone candidate is chosen', async () => {
  expect((await select({ candidates: texts('only') })).choice).toEqual({ index: 0, text: 'only', answer: null });
});

test('without scores and without answers the first is taken, and that is said', async () => {
  const answer = await select({ candidates: texts('x', 'y') });
  expect(answer.choice.index).toBe(0);
  expect(answer.selection).toMatchObject({ rule: 'argmax', degraded: true });
});

test('names such as constructor and toString are names of scores like others', async () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const candidates = [1, 2].map((value) => ({ text: String(value), scores: { [name]: value } }));
    expect((await select({ candidates, selection: { rule: 'argmax', reward: name } })).choice.index).toBe(1);
    expect((await select({ candidates })).choice.index).toBe(1);
  }
});

test('ten thousand candidates are ranked', async () => {
  const candidates = Array.from({ length: 10_000 }, (_, place) => ({ text: '', scores: { quality: (place * 7919) % 10_000 } }));
  const { ranking } = await select({ candidates, selection: 'argmax' });
  expect(ranking).toHaveLength(10_000);
  expect(ranking.map((place) => (place * 7919) % 10_000)).toEqual(Array.from({ length: 10_000 }, (_, place) => 9_999 - place));
});

test('on_invalid_score "fail" refuses the caller’s missing score', async () => {
  const body = { candidates: scored(1, null), selection: { rule: 'argmax', on_invalid_score: 'fail' } };
  expectRefusal(await post('/v1/select', body), { status: 400, code: 'invalid_value', param: 'selection.on_invalid_score' });
});

test.each([
  { said: 'no candidates', body: { candidates: [] }, status: 422, code: 'no_candidates', param: 'candidates' },
  { said: 'candidates missing', body: {}, status: 400, code: 'missing_required_parameter', param: 'candidates' },
  {
    said: 'more than the cap',
    body: { candidates: texts(...Array(10_001).fill('')) },
    status: 400,
    code: 'invalid_value',
    param: 'candidates',
  },
  { said: 'a string as candidate', body: { candidates: ['a'] }, status: 400, code: 'invalid_value', param: 'candidates[0]' },
  {
    said: 'a score that is a string',
    body: { candidates: [{ text: 'a', scores: { q: '1' } }] },
    status: 400,
    code: 'invalid_value',
    param: 'candidates[0].scores.q',
  },
  {
    said: 'a negative length',
    body: { candidates: [{ text: 'a', tokens: -1 }] },
    status: 400,
    code: 'invalid_value',
    param: 'candidates[0].tokens',
  },
  {
    said: 'an unknown field of a candidate',
    body: { candidates: [{ text: 'a', score: 1 }] },
    status: 400,
    code: 'unknown_parameter',
    param: 'candidates[0].score',
  },
  { said: 'an unknown field', body: { candidates: texts('a'), n: 1 }, status: 400, code: 'unknown_parameter', param: 'n' },
  {
    said: 'an unknown rule',
    body: { candidates: texts('a'), selection: 'nope' },
    status: 400,
    code: 'unsupported_value',
    param: 'selection',
  },
  {
    said: 'an unknown rule as an object',
    body: { candidates: texts('a'), selection: { rule: 'nope' } },
    status: 400,
    code: 'unsupported_value',
    param: 'selection.rule',
  },
  {
    said: 'an unknown option of a rule',
    body: { candidates: texts('a'), selection: { rule: 'argmax', best: true } },
    status: 400,
    code: 'unknown_parameter',
    param: 'selection.best',
  },
  {
    said: 'a weighted vote without scores',
    body: { candidates: texts('a', 'b'), selection: 'weighted_vote', model: 'chains' },
    status: 422,
    code: 'capability_missing',
    param: 'selection',
  },
  {
    said: 'an unknown policy',
    body: { candidates: texts('a'), model: 'nope' },
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
])('$said: $status $code at $param', async ({ body, ...refusal }) => {
  expectRefusal(await post('/v1/select', body), refusal);
});
