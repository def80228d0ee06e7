/** What n labelled samples of one problem say about any k of them: exact expectations, or the mean of seeded subsets. */
import type { Choice } from '../../src/selection/define.ts';

/** A sample as an estimator sees it. */
export interface Ranked {
  readonly right: boolean;
  /** A cut sample wins only where none of the k finished (api.md 2). */
  readonly finished: boolean;
  /** Null where scoring failed: it ranks after every other that ended alike. */
  readonly score: number | null;
}

/** That one of k is right, the k drawn from n of which c are: the best that a perfect reward can do (methods A.3). */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n)) throw new RangeError(`pass@k needs 1 <= k <= n; k is ${k}, n is ${n}.`);
  if (n - c < k) return 1;
  let none = 1;
  for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/** That the item of rank 1..n, the worst first, is the best of k drawn from the n (methods A.3). */
export function bestOfKWeights(n: number, k: number): number[] {
  const weights = new Array<number>(n).fill(0);
  weights[n - 1] = k / n;
  for (let rank = n; rank > k; rank--) weights[rank - 2] = (weights[rank - 1]! * (rank - k)) / (rank - 1);
  return weights;
}

/** That the best of k by score is right, for k = 1..n; within a tie each is as likely (methods A.3). */
export function bestOfK(samples: readonly Ranked[]): number[] {
  const gold = averagedTies(samples.toSorted(worstFirst));
  return gold.map((_, place) => {
    const weights = bestOfKWeights(gold.length, place + 1);
    return gold.reduce((sum, right, rank) => sum + right * weights[rank]!, 0);
  });
}

const worstFirst = (a: Ranked, b: Ranked): number => Number(a.finished) - Number(b.finished) || compare(rankOf(a), rankOf(b));
const rankOf = ({ score }: Ranked): number => score ?? Number.NEGATIVE_INFINITY;
const compare = (a: number, b: number): number => (a > b ? 1 : a < b ? -1 : 0); // two infinities would give NaN

function averagedTies(sorted: readonly Ranked[]): number[] {
  const gold: number[] = [];
  for (let start = 0; start < sorted.length; start = gold.length) {
    const beyond = sorted.findIndex((one, place) => place > start && worstFirst(sorted[start]!, one) !== 0);
    const tied = sorted.slice(start, beyond === -1 ? sorted.length : beyond);
    const share = tied.filter(({ right }) => right).length / tied.length;
    gold.push(...tied.map(() => share));
  }
  return gold;
}

/** Of the answers that lead a vote, the part that is right: the expectation under a fair tie break (methods A.3). */
export function voteCredit({ clusters = [] }: Choice, right: string): number {
  const most = clusters[0]?.weight ?? 0;
  const leaders = clusters.filter(({ weight }) => weight === most);
  return leaders.some(({ answer }) => answer === right) ? 1 / leaders.length : 0;
}

/**
 * Mean of `credit` over k-subsets of 0..n-1: over all of them where they are at most `limit`, else over `limit` drawn ones.
 */
export function meanOverSubsets(
  { n, k, limit, random }: { n: number; k: number; limit: number; random: () => number },
  credit: (subset: readonly number[]) => number,
): number {
  const subsets =
    binomial(n, k) <= limit ? Array.from(allSubsets(n, k)) : Array.from({ length: limit }, () => randomSubset(n, k, random));
  return subsets.reduce((sum, subset) => sum + credit(subset), 0) / subsets.length;
}

function binomial(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

function* allSubsets(n: number, k: number, from = 0): Generator<number[]> {
  if (k === 0) yield [];
  else for (let first = from; first <= n - k; first++) for (const rest of allSubsets(n, k - 1, first + 1)) yield [first, ...rest];
}

/** The first k places of a shuffle. */
function randomSubset(n: number, k: number, random: () => number): number[] {
  const places = Array.from({ length: n }, (_, place) => place);
  for (let place = 0; place < k; place++) {
    const other = place + Math.floor(random() * (n - place));
    [places[place], places[other]] = [places[other]!, places[place]!];
  }
  return places.slice(0, k);
}

/** How many different ones k of the n hold on average; `sizes` are how often each occurs, n in all. */
export function distinctOfK(sizes: readonly number[], k: number): number {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.reduce((sum, size) => sum + passAtK(n, size, k), 0);
}
