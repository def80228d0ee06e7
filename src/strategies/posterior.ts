/** What is believed of an arm's mean score after what was seen of it, and draws from that belief (methods C.8). */
import type { Uniform } from './distributions.ts';
import { beta, inverseGamma, normal } from './distributions.ts';

/** Scores seen, by their sufficient statistics. */
export interface Observations {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared deviations from the mean. */
  readonly squares: number;
}

export const nothingSeen: Observations = { count: 0, mean: 0, squares: 0 };

/** With one more, by Welford (1962): a difference of two large sums would lose all digits. */
export function observe({ count, mean, squares }: Observations, score: number): Observations {
  const next = mean + (score - mean) / (count + 1);
  return { count: count + 1, mean: next, squares: squares + (score - mean) * (score - next) };
}

const GAUSSIAN = { mean: 0, kappa: 1, nu: 1, variance: 0.1 }; // methods C.8
const BETA = { a: 0.5, b: 0.5 }; // methods C.8: proper whatever is seen; a mean of 0 or 1 as a prior would not be (J.33)

/** Normal-inverse-chi-square: the mean is Normal(mean, sigma^2 / kappa), sigma^2 of nu degrees of freedom about `variance`. */
export function gaussianPosterior({ count, mean, squares }: Observations): typeof GAUSSIAN {
  const kappa = GAUSSIAN.kappa + count;
  const nu = GAUSSIAN.nu + count;
  const between = (count * GAUSSIAN.kappa * (GAUSSIAN.mean - mean) ** 2) / kappa;
  return {
    mean: (GAUSSIAN.kappa * GAUSSIAN.mean + count * mean) / kappa,
    kappa,
    nu,
    variance: (GAUSSIAN.nu * GAUSSIAN.variance + squares + between) / nu,
  };
}

/** A score s from 0 to 1 is s of a success and 1 - s of a failure. */
export function betaPosterior({ count, mean }: Observations): typeof BETA {
  return { a: BETA.a + count * mean, b: BETA.b + count * (1 - mean) };
}

/** A mean that the arm may have, by what is believed of it (Thompson 1933). */
export const drawMean: Readonly<Record<'gaussian' | 'beta', (next: Uniform, seen: Observations) => number>> = {
  gaussian(next, seen) {
    const { mean, kappa, nu, variance } = gaussianPosterior(seen);
    return normal(next, mean, Math.sqrt(inverseGamma(next, nu / 2, (nu * variance) / 2) / kappa));
  },
  beta(next, seen) {
    const { a, b } = betaPosterior(seen);
    return beta(next, a, b);
  },
};
