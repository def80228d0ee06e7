import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ranked } from '../../src/selection/order.ts';
import { fastest } from '../answers/fastest.ts';
import { contenders } from './contenders.ts';

test.each([
  { name: 'higher scores first', scores: [1, 3, 2], tokens: [], eps: 0, order: [1, 2, 0] },
  {
    name: 'a tie goes to fewer tokens',
    scores: [0.2, 0.9, Number.NaN, 0.9],
    tokens: [10, 40, 5, 30],
    eps: 0,
    order: [3, 1, 0, 2],
  },
  {
    name: 'unless one length is unknown',
    scores: [0.2, 0.9, Number.NaN, 0.9],
    tokens: [10, 40, 5, null],
    eps: 0,
    order: [1, 3, 0, 2],
  },
  { name: 'an unknown length elsewhere is nothing', scores: [0.2, 0.9, 0.9], tokens: [null, 40, 30], eps: 0, order: [2, 1, 0] },
  { name: 'then to the lower index', scores: [0.9, 0.9], tokens: [4, 4], eps: 0, order: [0, 1] },
  {
    name: 'invalid scores come last',
    scores: ['nan', -7, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -8],
    tokens: [],
    eps: 0,
    order: [1, 4, 0, 2, 3],
  },
  { name: 'without a reward fewer tokens win', scores: [], tokens: [9, 7, 8], eps: 0, order: [1, 2, 0] },
  { name: 'within epsilon of the best is a tie', scores: [1, 0.95, 0.9], tokens: [3, 2, 1], eps: 0.06, order: [1, 0, 2] },
  {
    name: 'epsilon reaches from the best, not from neighbour to neighbour',
    scores: [0, 0.05, 0.1, 0.15],
    tokens: [1, 2, 3, 4],
    eps: 0.06,
    order: [2, 3, 0, 1],
  },
])('order: $name (methods 0.3, 0.8)', ({ scores, tokens, eps, order }) => {
  expect(ranked(contenders({ scores, tokens }), eps)).toEqual(order);
});

test('the index breaks ties, not the place in the list', () => {
  const [first, second] = contenders({ scores: [1, 1] });
  expect(ranked([second!, first!], 0)).toEqual([1, 0]);
  expect(ranked([], 0)).toEqual([]);
});

const columns = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant('failed')),
      fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null)),
    ),
    { maxLength: 30 },
  )
  .map((rows) => contenders({ scores: rows.map(([score]) => score), tokens: rows.map(([, tokens]) => tokens) }));

test('is a permutation that no arrangement changes, scores falling and failures last (methods 0.3, M.1)', () => {
  fc.assert(
    fc.property(columns, fc.nat({ max: 2 }), (given, epsilon) => {
      const order = ranked(given, epsilon);
      expect([...order].sort((a, b) => a - b)).toEqual(given.map((_, position) => position));
      const reversed = given.toReversed();
      expect(ranked(reversed, epsilon).map((position) => reversed[position]!.index)).toEqual(order);
      const values = order.map((position) => given[position]!.score).map((score) => (score?.ok ? score.value : -100));
      for (const [place, value] of values.entries()) {
        expect(Math.max(...values.slice(place))).toBeLessThanOrEqual(value + epsilon);
      }
    }),
  );
});

test('takes milliseconds for 10,000 candidates, all different or all alike', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => index);
  const [different, alike] = [contenders({ scores: many }), contenders({ scores: many.map(() => 1) })];
  expect(fastest(() => ranked(different, 0))).toBeLessThan(50);
  expect(fastest(() => ranked(alike, 0))).toBeLessThan(50);
});
