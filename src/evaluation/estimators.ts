/** What n labelled samples of one problem say about any k of them: expectations over all k-subsets (methods A.3). */

/**
 * That one of k is right, the k drawn from n of which `right` are: what a perfect choice would reach.
 *
 * @throws RangeError where k is not 1 to n: more than was drawn is a prediction, not an estimate
 */
export function passAtK(n: number, right: number, k: number): number {
  refuseOutside(n, k);
  if (n - right < k) return 1;
  let none = 1;
  for (let i = n - right + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/** That the item of rank 1..n, the worst first, is the best of k drawn from the n. They sum to 1. */
export function bestOfKWeights(n: number, k: number): Float64Array {
  refuseOutside(n, k);
  const weights = new Float64Array(n);
  weights[n - 1] = k / n;
  for (let rank = n; rank > k; rank--) weights[rank - 2] = (weights[rank - 1]! * (rank - k)) / (rank - 1);
  return weights;
}

function refuseOutside(n: number, k: number): void {
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) throw new RangeError(`k must be 1 to n; k is ${k}, n is ${n}.`);
}

/** Candidates of one problem by how a reward ranks them, the worst first. */
export interface Ranking {
  /** Positions of the candidates. */
  readonly order: readonly number[];
  /** Rank at which each block of equals begins, ascending; the last block is the best. */
  readonly blocks: readonly number[];
  /** How many at the beginning have no valid score or were cut: they win only where there is nothing else. */
  readonly unscored: number;
}

/**
 * Ranks by score. A cut candidate comes before every finished one, one without a valid score before every other that ended
 * alike: as the selection rules do it (methods 0.2; api.md 2).
 */
export function rankWorstFirst(scores: readonly (number | null)[], finished?: readonly boolean[]): Ranking {
  const ended = (place: number): number => (finished && !finished[place] ? 0 : 1);
  const value = (place: number): number => scores[place] ?? Number.NEGATIVE_INFINITY;
  const compare = (a: number, b: number): number =>
    ended(a) - ended(b) || (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0); // two infinities would give NaN
  const order = Array.from(scores.keys()).sort(compare);
  const blocks = order.flatMap((place, rank) => (rank === 0 || compare(order[rank - 1]!, place) !== 0 ? [rank] : []));
  const unscored = order.filter((place) => scores[place] === null).length;
  return { order, blocks, unscored };
}

/** Values by rank, the worst first; within a tie each has the mean of its block, as each is as likely to be picked. */
export function averagedInTies({ order, blocks }: Ranking, values: readonly number[]): Float64Array {
  const averaged = new Float64Array(order.length);
  for (const [place, start] of blocks.entries()) {
    const end = blocks[place + 1] ?? order.length;
    let sum = 0;
    for (let rank = start; rank < end; rank++) sum += values[order[rank]!]!;
    averaged.fill(sum / (end - start), start, end);
  }
  return averaged;
}

/** Expected value of the best-ranked of k drawn ones; `byRank` as `averagedInTies` gives it. */
export function expectedBestOfK(byRank: Float64Array, k: number): number {
  const weights = bestOfKWeights(byRank.length, k);
  let sum = 0;
  for (let rank = 0; rank < byRank.length; rank++) sum += weights[rank]! * byRank[rank]!;
  return sum;
}

/** Expected score of the winner of k drawn ones, over the draws in which it has one; null where none has. */
export function expectedWinningScore({ order }: Ranking, scores: readonly (number | null)[], k: number): number | null {
  const weights = bestOfKWeights(order.length, k);
  let sum = 0;
  let total = 0;
  for (const [rank, place] of order.entries()) {
    const score = scores[place] ?? null;
    if (score === null) continue;
    sum += weights[rank]! * score;
    total += weights[rank]!;
  }
  return total > 0 ? sum / total : null;
}

/** n over k; 0 where k is more than n. Up to n = 1024 it fits a float64. */
export function choose(n: number, k: number): number {
  if (k > n) return 0;
  let count = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) count = (count * (n - i + 1)) / i;
  return count;
}
