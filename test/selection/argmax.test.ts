import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choose, contenders } from './contenders.ts';

test.each([
  { name: 'of two best, the one with fewer tokens', scores: [0.2, 0.9, Number.NaN, 0.9], tokens: [10, 40, 5, 30], index: 3 },
  { name: 'of two best, the first where lengths are unknown', scores: [0.2, 0.9, Number.NaN, 0.9], tokens: [], index: 1 },
  { name: 'negative logits are as good as any', scores: [-7.5, -3.25, -3.5], tokens: [], index: 1 },
  { name: 'a failed score is not 0', scores: [-7.5, 'missing', -8], tokens: [], index: 0 },
])('argmax: $name (methods A.1)', ({ scores, tokens, index }) => {
  expect(choose('argmax', contenders({ scores, tokens }))).toMatchObject({ index, degraded: false });
});

test('the whole choice: index, ranking, not degraded, nothing of votes', () => {
  expect(choose('argmax', contenders({ scores: [1, 3, 'nan', 2], answers: ['a', 'b', 'a', 'a'] }))).toEqual({
    index: 1,
    ranking: [1, 3, 0, 2],
    degraded: false,
  });
});

test('all scores invalid: the majority of answers, else the lowest index, and degraded (methods 0.2)', () => {
  expect(
    choose('argmax', contenders({ scores: ['x', 'x', Number.NaN], answers: ['a', 'b', 'b'], tokens: [1, 9, 8] })),
  ).toMatchObject({
    index: 2,
    degraded: true,
    reason: 'all_scores_invalid',
    answer: 'b',
  });
  expect(choose('argmax', contenders({ scores: ['x', 'x'], tokens: [9, 1] }))).toMatchObject({
    index: 0,
    ranking: [0, 1],
    degraded: true,
    reason: 'all_scores_invalid',
  });
  expect(choose('argmax', contenders({ scores: [null, null] }))).toMatchObject({ index: 0, degraded: true, reason: 'no_scores' });
});

test('tie_epsilon: scores that half precision cannot part are a tie (methods 0.3)', () => {
  const given = contenders({ scores: [2.9, 2.9005, 2.8], tokens: [20, 30, 10] });
  expect(choose('argmax', given).index).toBe(1);
  expect(choose('argmax', given, { tie_epsilon: 1e-3 }).index).toBe(0);
});

const distinct = fc
  .uniqueArray(fc.integer({ min: -6400, max: 6400 }), { minLength: 1, maxLength: 64 })
  .map((scores) => scores.map((score) => score / 64));

test('a strictly increasing shaping never changes the choice (methods 0.6 law 1, M.2)', () => {
  fc.assert(
    fc.property(distinct, (scores) => {
      const { ranking } = choose('argmax', contenders({ scores }));
      expect(choose('argmax', contenders({ scores: scores.map((score) => 2 * score + 3) })).ranking).toEqual(ranking);
      expect(choose('argmax', contenders({ scores: scores.map((score) => score ** 3) })).ranking).toEqual(ranking);
    }),
  );
});

test('a sigmoid keeps the choice up to 30, and makes a tie of 40 and 60 that was none (methods 0.6)', () => {
  const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));
  const hundredths = fc
    .uniqueArray(fc.integer({ min: -3000, max: 3000 }), { minLength: 1 })
    .map((scores) => scores.map((score) => score / 100));
  fc.assert(
    fc.property(hundredths, (scores) => {
      expect(choose('argmax', contenders({ scores: scores.map(sigmoid) })).index).toBe(
        choose('argmax', contenders({ scores })).index,
      );
    }),
  );
  expect(choose('argmax', contenders({ scores: [40, 60] })).index).toBe(1);
  expect(choose('argmax', contenders({ scores: [40, 60].map(sigmoid) })).index).toBe(0);
});
