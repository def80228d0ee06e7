/** What n labelled samples of one problem say about any k of them, by the estimators of src/evaluation. */
import { averagedInTies, choose, expectedBestOfK, passAtK, rankWorstFirst } from '../../src/evaluation/estimators.ts';
import { allSubsets } from '../../src/evaluation/subsets.ts';
import type { Choice } from '../../src/selection/define.ts';

/** A sample as an estimator sees it. */
export interface Ranked {
  readonly right: boolean;
  /** A cut sample wins only where none of the k finished (api.md 2). */
  readonly finished: boolean;
  /** Null where scoring failed: it ranks after every other that ended alike. */
  readonly score: number | null;
}

/** That the best of k by score is right, for k = 1..n; within a tie each is as likely (methods A.3). */
export function bestOfK(samples: readonly Ranked[]): number[] {
  const ranking = rankWorstFirst(
    samples.map(({ score }) => score),
    samples.map(({ finished }) => finished),
  );
  const gold = averagedInTies(
    ranking,
    samples.map(({ right }) => Number(right)),
  );
  return Array.from(samples, (_, place) => expectedBestOfK(gold, place + 1));
}

/**
 * Samples that are drawn one after another until one that finished has a score of at least `accept`: it is the answer. Where none of
 * the n has, all are drawn and the best is. Every order of the n is as likely: the first of `a` accepted ones is any of them, and
 * each of the others stands before it with probability 1 / (a + 1).
 *
 * @returns expectations: that the answer is right, and tokens drawn
 */
export function endingAt(
  samples: readonly (Ranked & { readonly tokens: number })[],
  accept: number,
): { readonly right: number; readonly tokens: number } {
  const isAccepted = ({ finished, score }: Ranked) => finished && score !== null && score >= accept;
  const accepted = samples.filter(isAccepted);
  const tokensOf = (some: typeof samples) => some.reduce((sum, { tokens }) => sum + tokens, 0);
  if (accepted.length === 0) return { right: bestOfK(samples).at(-1)!, tokens: tokensOf(samples) };
  const others = tokensOf(samples.filter((sample) => !isAccepted(sample)));
  return {
    right: accepted.filter(({ right }) => right).length / accepted.length,
    tokens: tokensOf(accepted) / accepted.length + others / (accepted.length + 1),
  };
}

/** Of the answers that lead a vote, the part that is right: the expectation under a fair tie break (methods A.3). */
export function voteCredit({ clusters = [] }: Choice, right: string): number {
  const most = clusters[0]?.weight ?? 0;
  const leaders = clusters.filter(({ weight }) => weight === most);
  return leaders.some(({ answer }) => answer === right) ? 1 / leaders.length : 0;
}

/**
 * Mean of `credit` over k-subsets of 0..n-1: over all of them where they are at most `limit`, else over `limit` drawn ones. Each is
 * drawn from a fresh shuffle, as for the figures of docs/accuracy.md; src/evaluation goes on with the last one.
 */
export function meanOverSubsets(
  { n, k, limit, random }: { n: number; k: number; limit: number; random: () => number },
  credit: (subset: readonly number[]) => number,
): number {
  const subsets =
    choose(n, k) <= limit ? Array.from(allSubsets(n, k)) : Array.from({ length: limit }, () => randomSubset(n, k, random));
  return subsets.reduce((sum, subset) => sum + credit(subset), 0) / subsets.length;
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
