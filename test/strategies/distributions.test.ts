import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import type { Uniform } from '../../src/strategies/distributions.ts';
import { beta, gamma, inverseGamma, normal } from '../../src/strategies/distributions.ts';

const DRAWS = 100_000;
type Draw = (next: Uniform) => number;

interface Moments {
  readonly name: string;
  readonly draw: Draw;
  readonly mean: number;
  readonly variance: number;
  /** Of the fourth power of the distance from the mean, over the variance squared: how far a variance of draws may be off. */
  readonly kurtosis: number;
}

const ofGamma = (shape: number): Moments => ({
  name: `gamma of shape ${shape}`,
  draw: (next) => gamma(next, shape),
  mean: shape,
  variance: shape,
  kurtosis: 3 + 6 / shape,
});

/** Finite for shapes above 4. */
const ofInverseGamma = (shape: number, scale: number): Moments => ({
  name: `inverse gamma of shape ${shape} and scale ${scale}`,
  draw: (next) => inverseGamma(next, shape, scale),
  mean: scale / (shape - 1),
  variance: scale ** 2 / ((shape - 1) ** 2 * (shape - 2)),
  kurtosis: 3 + (6 * (5 * shape - 11)) / ((shape - 3) * (shape - 4)),
});

const ofBeta = (a: number, b: number): Moments => {
  const sum = a + b;
  const excess = (6 * ((a - b) ** 2 * (sum + 1) - a * b * (sum + 2))) / (a * b * (sum + 2) * (sum + 3));
  const variance = (a * b) / (sum ** 2 * (sum + 1));
  return { name: `beta of ${a} and ${b}`, draw: (next) => beta(next, a, b), mean: a / sum, variance, kurtosis: 3 + excess };
};

test.each([
  { name: 'normal of 0 and 1', draw: (next: Uniform) => normal(next, 0, 1), mean: 0, variance: 1, kurtosis: 3 },
  { name: 'normal of -3 and 0.5', draw: (next: Uniform) => normal(next, -3, 0.5), mean: -3, variance: 0.25, kurtosis: 3 },
  ...[0.5, 1, 1.5, 40].map(ofGamma),
  ofInverseGamma(6, 2),
  ofInverseGamma(20, 0.5),
  ofBeta(0.5, 0.5),
  ofBeta(2.6, 1.4),
  ofBeta(0.5, 60.5),
])('$name has the mean and the variance that it says', ({ draw, mean, variance, kurtosis }) => {
  const next = mulberry32(1);
  const drawn = Array.from({ length: DRAWS }, () => draw(next));
  const found = drawn.reduce((sum, value) => sum + value, 0) / DRAWS;
  const spread = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(spread - variance)).toBeLessThan(4 * variance * Math.sqrt((kurtosis - 1) / DRAWS));
});

test('an inverse gamma of few degrees of freedom has no mean, but its median is right', () => {
  const next = mulberry32(2);
  const drawn = Array.from({ length: DRAWS }, () => inverseGamma(next, 0.5, 0.5)); // 1 / chi-square of 1: median 1 / 0.4549
  const below = drawn.filter((value) => value < 1 / 0.454936423119572).length / DRAWS;
  expect(Math.abs(below - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / DRAWS));
});

test('draws are finite wherever the generator ends: at 0 and next to 1', () => {
  for (const edge of [0, 1 - 2 ** -32]) {
    const next = mulberry32(3);
    let first = true;
    const edgeFirst: Uniform = () => {
      const value = first ? edge : next();
      first = false;
      return value;
    };
    for (const draw of [() => normal(edgeFirst, 0, 1), () => gamma(edgeFirst, 0.5), () => beta(edgeFirst, 0.5, 0.5)]) {
      first = true;
      expect(Number.isFinite(draw())).toBe(true);
    }
  }
});

test('the same seed gives the same draws', () => {
  const draws = (seed: number) => {
    const next = mulberry32(seed);
    return [normal(next, 0, 1), gamma(next, 0.5), inverseGamma(next, 1, 1), beta(next, 0.5, 0.5)];
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});
