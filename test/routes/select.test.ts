import { expect, test } from 'vitest';
import { serve } from './served.ts';

const { post } = serve();
const select = async (body: object) => (await post('/v1/select', body)).body;
const candidates = [
  { text: 'so 4', scores: { a: 0.2, b: 0.9 } },
  { text: 'so 5', scores: { a: 0.6, b: null } },
  { text: 'is 5', scores: { a: 0.1 } },
];

test('the best score wins; the first of several scores decides, or the one that is named', async () => {
  expect((await select({ candidates })).choice).toEqual({ index: 1, text: 'so 5', answer: null });
  expect((await select({ candidates, selection: { rule: 'argmax', reward: 'b' } })).choice.index).toBe(0);
});

test('a policy’s extractor reads the answers that a vote counts', async () => {
  const body = await select({ candidates, model: 'voter', selection: 'majority_vote' });
  expect(body).toMatchObject({
    choice: { index: 1, answer: '5' },
    selection: { rule: 'majority_vote', degraded: false, share: 2 / 3, coverage: 1 },
    clusters: [{ members: [1, 2], weight: 2 }, { members: [0] }],
  });
});

test('a recipe’s rule is the default, and the body’s stands before it', async () => {
  const rules = await Promise.all(
    [{ model: 'frugal' }, { model: 'frugal', selection: 'argmax' }, { model: 'careful' }].map((body) =>
      select({ candidates, ...body }),
    ),
  );
  expect(rules.map(({ selection }) => selection.rule)).toEqual(['majority_vote', 'argmax', 'argmax']);
});

test.each([
  { name: 'none to choose from', body: { candidates: [] }, status: 422, param: 'candidates' },
  { name: 'more than the cap', body: { candidates: Array(6).fill({ text: 'a' }) }, status: 400, param: 'candidates' },
  {
    name: 'a score that none has',
    body: { candidates, selection: { rule: 'argmax', reward: 'c' } },
    status: 400,
    param: 'selection.reward',
  },
  {
    name: 'a score that is no number',
    body: { candidates: [{ text: 'a', scores: { a: 'x' } }] },
    status: 400,
    param: 'candidates[0].scores.a',
  },
  {
    name: 'an invalid score where that is to fail',
    body: { candidates, selection: { rule: 'argmax', reward: 'b', on_invalid_score: 'fail' } },
    status: 400,
    param: 'selection.on_invalid_score',
  },
  { name: 'a policy that is none', body: { candidates, model: 'nobody' }, status: 404, param: 'model' },
])('$name is refused', async ({ body, status, param }) => {
  const answer = await post('/v1/select', body);
  expect([answer.status, answer.body.error.param]).toEqual([status, param]);
});

test('a score named like a member of every object is a score like any other', async () => {
  const odd = [{ text: 'a', scores: { constructor: 1 } }, { text: 'b', scores: { constructor: 2 } }, { text: 'c' }];
  expect((await select({ candidates: odd, selection: { rule: 'argmax', reward: 'constructor' } })).ranking).toEqual([1, 0, 2]);
});
