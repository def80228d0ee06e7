import { expect, test } from 'vitest';
import { accuracyAt, compare } from '../../bench/accuracy/equal-tokens.ts';

const curve = {
  method: 'outcome',
  ns: [1, 2, 4],
  right: [
    [0.2, 0.4],
    [0.4, 0.6],
    [0.6, 1],
  ],
  rewardTokens: [0, 0, 0],
} as const;
const both = Int32Array.of(0, 1);

test.each([
  [1, 0.3],
  [1.5, 0.4],
  [2, 0.5],
  [3, 0.65],
  [4, 0.8],
  [0.9, 0.3],
  [5, 0.8],
])('a curve of 0.3, 0.5, 0.8 at N = 1, 2, 4 is read at %d as %d', (samples, expected) => {
  expect(accuracyAt(curve, samples, both)).toBeCloseTo(expected, 12);
});

test('a search is compared on the line at its own tokens, and problem by problem at the next N', () => {
  const { samples, interpolated, paired } = compare({ right: [1, 1], tokens: [20, 40] }, curve, [10, 10], 1);
  expect(samples).toBe(3);
  expect(interpolated?.value).toBeCloseTo(1 - 0.65, 12);
  expect(paired?.n).toBe(4);
  expect(paired?.value).toBeCloseTo((0.4 + 0) / 2, 12);
  expect(paired?.low).toBeCloseTo(0, 12);
  expect(paired?.high).toBeCloseTo(0.4, 12);
});

test('a search that is best-of-2 itself gains nothing', () => {
  const { interpolated, paired } = compare({ right: [0.4, 0.6], tokens: [20, 20] }, curve, [10, 10], 1);
  for (const difference of [interpolated, paired]) {
    expect(difference?.low).toBeCloseTo(0, 12);
    expect(difference?.high).toBeCloseTo(0, 12);
  }
});

test('beyond the last N there is nothing to compare with', () => {
  const { samples, interpolated, paired } = compare({ right: [1, 1], tokens: [50, 50] }, curve, [10, 10], 1);
  expect({ samples, interpolated, paired }).toEqual({ samples: 5, interpolated: undefined, paired: undefined });
});
