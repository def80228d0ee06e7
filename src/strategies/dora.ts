/** How DORA divides: less for a prefix the more others are like it (methods C.3, C.15). */
import { softmaxShares } from '../selection/shares.ts';

/**
 * How alone each is among those that it is like: the diagonal of the row-wise softmax of `similarities` over `alpha`. Near 1
 * where nothing is like it, near 1/m where it is one of m copies.
 *
 * @param similarities  square, 1 on its diagonal; -Infinity where nothing is known of a pair
 */
export const uniqueness = (similarities: readonly (readonly number[])[], alpha: number): number[] =>
  similarities.map((row, place) => softmaxShares(row, alpha)[place]!);

/** Parts of a whole by quality times uniqueness, in proportion. */
export function weighed(qualities: readonly number[], unique: readonly number[]): number[] {
  const products = qualities.map((quality, place) => quality * unique[place]!);
  const sum = products.reduce((total, product) => total + product, 0);
  return products.map((product) => product / sum);
}
