import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  effectiveSize,
  normalised,
  normalisedEntropy,
  systematic,
  temperatureOf,
  tempered,
} from '../../src/strategies/particle-weights.ts';

const near = (numbers: readonly number[], expected: readonly number[]) => {
  expect(numbers).toHaveLength(expected.length);
  for (const [place, number] of numbers.entries()) expect(number).toBeCloseTo(expected[place]!, 9);
};

test.each([
  { weights: [0.5, 0.3, 0.1, 0.1], size: 2.7777777778 },
  { weights: [0.25, 0.25, 0.25, 0.25], size: 4 },
  { weights: [1, 0, 0, 0], size: 1 },
])('$weights are as good as $size particles of equal weight (methods C.5)', ({ weights, size }) => {
  expect(effectiveSize(weights)).toBeCloseTo(size, 9);
});

test.each([
  { u: 0, picks: [0, 0, 1, 1] },
  { u: 0.3, picks: [0, 0, 1, 2] },
  { u: 0.9, picks: [0, 0, 1, 3] },
])('systematic resampling of [0.5, 0.3, 0.1, 0.1] at u = $u picks $picks (methods C.5)', ({ u, picks }) => {
  expect(systematic([0.5, 0.3, 0.1, 0.1], u)).toEqual(picks);
});

test('offspring differ from N x weight by less than 1, and what has no weight has none (methods C.5)', () => {
  const logs = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 30 });
  const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(logs, u, (given, draw) => {
      const weights = normalised([...given, Number.NEGATIVE_INFINITY])!;
      const picks = systematic(weights, draw);
      expect(picks).toHaveLength(weights.length);
      for (const [place, weight] of weights.entries()) {
        const offspring = picks.filter((pick) => pick === place).length;
        expect(Math.abs(offspring - weights.length * weight)).toBeLessThan(1 + 1e-9);
        if (weight === 0) expect(offspring).toBe(0);
      }
    }),
  );
});

test('two steps by the value: weights telescope to the last value (methods C.5)', () => {
  const first = normalised([0.6, 0.4, 0.8, 0.5].map(Math.log))!;
  near(first, [0.2608695652, 0.1739130435, 0.347826087, 0.2173913043]);
  expect(effectiveSize(first)).toBeCloseTo(3.7517730496, 9);
  const gains = [0.9 / 0.6, 0.5 / 0.4, 0.7 / 0.8, 0.1 / 0.5];
  const second = normalised(first.map((weight, place) => Math.log(weight) + Math.log(gains[place]!)))!;
  near(second, [0.4090909091, 0.2272727273, 0.3181818182, 0.0454545455]);
  expect(effectiveSize(second)).toBeCloseTo(3.1025641026, 9);
});

test('where every weight is 0 there are none', () => {
  expect(normalised([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBeUndefined();
});

const uneven = [0.7, 0.2, 0.05, 0.05];
const early = { progress: 0.2, essThreshold: 0.5, earlyPhase: 0.5 } as const;

test.each([
  { method: 'ess', temperature: 1.712, weights: [0.5237846313, 0.2519741544, 0.1121206071, 0.1121206071] },
  { method: 'entropy', temperature: 1.4230583789, weights: [0.5788012323, 0.2399973132, 0.0906007272, 0.0906007272] },
  { method: 'base', temperature: 1.8, weights: [0.5101483977, 0.254352788, 0.1177494072, 0.1177494072] },
] as const)('$method tempers by $temperature (methods C.5b)', ({ method, temperature, weights }) => {
  expect(temperatureOf(uneven, { ...early, method })).toBeCloseTo(temperature, 9);
  near(tempered(uneven, { ...early, method }), weights);
});

test('the figures behind it (methods C.5b)', () => {
  expect(effectiveSize(uneven)).toBeCloseTo(1.8691588785, 9);
  expect(normalisedEntropy(uneven)).toBeCloseTo(0.6283898247, 9);
  expect(effectiveSize(tempered(uneven, { ...early, method: 'ess' }))).toBeCloseTo(2.7549471058, 9);
});

test.each([
  { name: 'late', weights: uneven, progress: 0.5 },
  { name: 'weights that are even enough', weights: [0.5, 0.5, 0, 0], progress: 0.2 },
  { name: 'one particle', weights: [1], progress: 0.1 },
])('$name: nothing is tempered (methods C.5b)', ({ weights, progress }) => {
  for (const method of ['ess', 'entropy', 'base'] as const)
    expect(temperatureOf(weights, { ...early, progress, method })).toBe(1);
});
