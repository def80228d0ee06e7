import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import { mean, variance } from '../../src/selection/statistics.ts';
import { betaPosterior, drawMean, gaussianPosterior, nothingSeen, observe } from '../../src/strategies/posterior.ts';

const seen = (scores: readonly number[]) => scores.reduce(observe, nothingSeen);

test.each([
  { scores: [0.5], mean: 0.25, kappa: 2, nu: 2, variance: 0.1125 },
  { scores: [0.5, 0.7, 0.9], mean: 0.525, kappa: 4, nu: 4, variance: 0.136875 },
  { scores: [], mean: 0, kappa: 1, nu: 1, variance: 0.1 },
])('after $scores the Gaussian belief is the worked one (methods C.8)', ({ scores, ...expected }) => {
  const { mean, kappa, nu, variance } = gaussianPosterior(seen(scores));
  expect({ kappa, nu }).toEqual({ kappa: expected.kappa, nu: expected.nu });
  expect(mean).toBeCloseTo(expected.mean, 9);
  expect(variance).toBeCloseTo(expected.variance, 9);
});

test('after 0.5, 0.7 and 0.9 the Beta belief is the worked one (methods C.8)', () => {
  const { a, b } = betaPosterior(seen([0.5, 0.7, 0.9]));
  expect(a).toBeCloseTo(2.6, 9);
  expect(b).toBeCloseTo(1.4, 9);
  expect(a / (a + b)).toBeCloseTo(0.65, 9);
});

test('observations keep count, mean and squares of whatever was seen', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (scores) => {
      const { count, mean: found, squares } = seen(scores);
      expect(count).toBe(scores.length);
      expect(found).toBeCloseTo(mean(scores), 9);
      expect(squares).toBeCloseTo(variance(scores) * scores.length, 9);
    }),
  );
});

test('a Beta belief is proper whatever was seen: scores of 0 and 1 too (methods J.33)', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0.3, 1)), fc.integer(), (scores, seed) => {
      const { a, b } = betaPosterior(seen(scores));
      expect(Math.min(a, b)).toBeGreaterThan(0.49);
      const drawn = drawMean.beta(mulberry32(seed), seen(scores));
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThanOrEqual(1);
    }),
  );
});

const DRAWS = 50_000;
const drawn = (prior: 'gaussian' | 'beta', scores: readonly number[]) => {
  const next = mulberry32(1);
  return Array.from({ length: DRAWS }, () => drawMean[prior](next, seen(scores)));
};

test('draws of a Gaussian belief are of Student’s t: nu degrees of freedom, variance / kappa as its scale', () => {
  const scores = [0.2, 0.5, 0.4, 0.9, 0.7, 0.1, 0.6, 0.3]; // nu 9
  const { mean: middle, kappa, nu, variance: scale } = gaussianPosterior(seen(scores));
  const draws = drawn('gaussian', scores);
  const expected = ((scale / kappa) * nu) / (nu - 2);
  const kurtosis = 3 + 6 / (nu - 4);
  expect(Math.abs(mean(draws) - middle)).toBeLessThan(4 * Math.sqrt(expected / DRAWS));
  expect(Math.abs(variance(draws) - expected)).toBeLessThan(4 * expected * Math.sqrt((kurtosis - 1) / DRAWS));
});

test('draws of a Beta belief have its mean', () => {
  const draws = drawn('beta', [0.5, 0.7, 0.9]);
  expect(Math.abs(mean(draws) - 0.65)).toBeLessThan(4 * Math.sqrt((2.6 * 1.4) / (16 * 5 * DRAWS)));
});
