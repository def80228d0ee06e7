import { expect, test } from 'vitest';
import { bootstrap, meanOf, wilson } from '../../bench/accuracy/intervals.ts';
import { mulberry32 } from '../../src/random.ts';

test.each([
  // at none right its upper end is z^2 / (n + z^2)
  [0, 10, 0, 0.2775],
  [10, 10, 0.7225, 1],
  [5, 10, 0.2366, 0.7634],
])('%d of %d right: Wilson gives %d to %d', (right, total, low, high) => {
  const interval = wilson(right, total);
  expect(interval.value).toBe(right / total);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test('the bootstrap of a share is near its Wilson interval, and the same seed gives the same one', () => {
  const values = Array.from({ length: 400 }, (_, place) => Number(place % 4 === 0));
  const [drawn, again] = [meanOf(values, 1), meanOf(values, 1)];
  const { low, high } = wilson(100, 400);
  expect(drawn).toEqual(again);
  expect(drawn.value).toBe(0.25);
  expect(Math.abs(drawn.low - low)).toBeLessThan(0.01);
  expect(Math.abs(drawn.high - high)).toBeLessThan(0.01);
});

test('a paired difference that is the same for every problem has no width', () => {
  const random = mulberry32(3);
  const one = Array.from({ length: 50 }, random);
  const other = one.map((value) => value - 0.1);
  const { value, low, high } = meanOf(
    one.map((right, place) => right - other[place]!),
    1,
  );
  for (const figure of [value, low, high]) expect(figure).toBeCloseTo(0.1, 12);
});

test('picks name problems that there are', () => {
  bootstrap(
    3,
    (picks) => {
      expect(Math.min(...picks)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...picks)).toBeLessThan(3);
      return 0;
    },
    1,
  );
});
