/** How sure a figure is: 95 % intervals over problems. */
import { mulberry32, subSeed } from '../../src/random.ts';
import { quantile, sum } from '../../src/selection/statistics.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054; // 97.5 % of a normal distribution lies below
const RESAMPLES = 2000;

/** A share of independent yes-or-no results, after Wilson: never outside of 0 to 1, and honest at 0 and at 1. */
export function wilson(right: number, total: number): Interval {
  const share = right / total;
  const spread = Z ** 2 / total;
  const middle = (share + spread / 2) / (1 + spread);
  const half = (Z / (1 + spread)) * Math.sqrt((share * (1 - share)) / total + spread / (4 * total));
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The share of ones among zeros and ones, with its interval. */
export const shareOf = (right: readonly number[]): Interval => wilson(sum(right), right.length);

/**
 * Percentile bootstrap over problems, for what is no share: expectations, differences of the same problems.
 *
 * @param statistic of the problems at `picks`, which may name one more than once
 */
export function bootstrap(problems: number, statistic: (picks: Int32Array) => number, seed: number): Interval {
  const random = mulberry32(subSeed(seed, 'bootstrap', problems));
  const picks = new Int32Array(problems);
  const drawn = Array.from({ length: RESAMPLES }, () => {
    for (let place = 0; place < problems; place++) picks[place] = Math.floor(random() * problems);
    return statistic(picks);
  }).sort((a, b) => a - b);
  const value = statistic(Int32Array.from({ length: problems }, (_, place) => place));
  return { value, low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
}

/** The mean of one value a problem, with its bootstrap interval. */
export const meanOf = (values: readonly number[], seed: number): Interval =>
  bootstrap(values.length, (picks) => meanAt(values, picks), seed);

export function meanAt(values: readonly number[], picks: Int32Array): number {
  let sum = 0;
  for (let place = 0; place < picks.length; place++) sum += values[picks[place]!]!;
  return sum / picks.length;
}
