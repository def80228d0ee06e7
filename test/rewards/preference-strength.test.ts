import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSure, preferenceStrength } from '../../src/rewards/preference-strength.ts';

/** By member, of three candidates (methods B.1). */
const R = [
  [0.9, 0.6, 0.2],
  [0.8, 0.7, 0.4],
  [0.1, 0.65, 0.3],
];
const of = (place: number) => R.map((row) => row[place]!);

test.each([
  { pair: [0, 1], mean: -0.05, std: 0.362859017617954, sure: false }, // differences 0.3, 0.1, -0.55: ambiguous
  { pair: [0, 2], mean: 0.3, std: 0.374165738677394, sure: false }, // 0.7, 0.4, -0.2
  { pair: [1, 2], mean: 0.35, std: 0.040824829046386, sure: true }, // 0.4, 0.3, 0.35: easy
])('of the candidates of methods B.1, $pair: mean $mean, std $std', ({ pair: [first, second], mean, std, sure }) => {
  const found = preferenceStrength(of(first!), of(second!))!;
  expect(found.mean).toBeCloseTo(mean, 12);
  expect(found.std).toBeCloseTo(std, 12);
  expect(found.models).toBe(3);
  expect(isSure(found)).toBe(sure);
});

test('members that failed on one of the two are left out, and too few say nothing (methods B.1)', () => {
  expect(preferenceStrength([1, null, 3], [0, 5, 1])).toEqual({ mean: 1.5, std: 0.5, models: 2 });
  expect(preferenceStrength([1, null, null], [0, 5, 1])).toBeNull(); // half of three is two
  expect(preferenceStrength([1, null, null], [0, 5, 1], 1)).toEqual({ mean: 1, std: 0, models: 1 });
  expect(preferenceStrength([null], [0], 0)).toBeNull();
});

test('a pair is for the judge where |mean| is below the deviation, or where all call it equal (methods B.1)', () => {
  expect(isSure({ mean: -0.5, std: 0.5, models: 2 })).toBe(true);
  expect(isSure({ mean: 0.5, std: 0.51, models: 2 })).toBe(false);
  expect(isSure({ mean: 0, std: 0, models: 2 })).toBe(false);
});

test('turned round the mean has the other sign; a shift of both by a constant of each member changes nothing', () => {
  const scores = fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 }), fc.integer()), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(scores, (given) => {
      const [first, second] = [given.map(([a]) => a), given.map(([, b]) => b)];
      const found = preferenceStrength(first, second)!;
      const turned = preferenceStrength(second, first)!;
      expect(turned.mean + found.mean).toBeCloseTo(0, 12);
      expect(turned.std).toBeCloseTo(found.std, 12);
      const shifted = given.map(([a, b, by]) => [a + by, b + by] as const);
      expect(
        preferenceStrength(
          shifted.map(([a]) => a),
          shifted.map(([, b]) => b),
        ),
      ).toEqual(found);
    }),
  );
});
