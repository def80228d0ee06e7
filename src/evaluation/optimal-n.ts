/** How many samples are worth it (methods A.5): the smallest N that is as good as the best one, within what is known. */

export interface OptimalN {
  readonly n: number;
  /** Mean gold there, the price taken off. */
  readonly value: number;
  /** Where the mean is highest, which noise may decide. */
  readonly bestN: number;
  readonly bestValue: number;
  /** Of the value at `bestN`, over bootstraps; null without bootstraps. */
  readonly standardError: number | null;
  /** Part of the bootstraps in which the largest N of the grid is best. */
  readonly shareAtLargest: number | null;
  /** False where more than half of the bootstraps are best at the largest N: more samples may gain more. */
  readonly finite: boolean;
}

/**
 * The one-standard-error rule over a grid of N, ascending.
 *
 * @param means  gold of best-of-N at each N, over all problems
 * @param resampled  the same for each bootstrap: [grid][bootstrap]
 * @param price  of one sample, in gold
 */
export function optimalN(
  grid: readonly number[],
  means: readonly number[],
  resampled: readonly Float64Array[],
  price: number,
): OptimalN {
  const net = (values: readonly number[]) => values.map((value, place) => value - price * grid[place]!);
  const worth = net(means);
  const best = firstBest(worth);
  const bootstraps = resampled[0]?.length ?? 0;
  const standardError = bootstraps === 0 ? null : deviation(resampled[best]!);
  const enough = worth.findIndex((value) => value >= worth[best]! - (standardError ?? 0));
  let atLargest = 0;
  for (let place = 0; place < bootstraps; place++)
    if (firstBest(net(resampled.map((values) => values[place]!))) === grid.length - 1) atLargest++;
  const shareAtLargest = bootstraps === 0 ? null : atLargest / bootstraps;
  return {
    n: grid[enough]!,
    value: worth[enough]!,
    bestN: grid[best]!,
    bestValue: worth[best]!,
    standardError,
    shareAtLargest,
    finite: shareAtLargest === null ? best < grid.length - 1 : shareAtLargest <= 0.5,
  };
}

const firstBest = (values: readonly number[]): number =>
  values.reduce((best, value, place) => (value > values[best]! ? place : best), 0);

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
