import type { Scored } from '../operation.ts';

/**
 * Prefixes by the value of `reward`, best first: higher first, then fewer tokens, then the order given (methods 0.3).
 * Those whose score failed come last: they are grown only where nothing better is left.
 */
export const bestFirst = (candidates: readonly Scored[], reward: string): Scored[] =>
  byValue(
    candidates.toSorted((a, b) => a.tokenCount - b.tokenCount),
    reward,
  );

/** By the value of `reward` alone, best first: of equals the one given first. Those whose score failed come last. */
export function byValue(candidates: readonly Scored[], reward: string): Scored[] {
  const value = (candidate: Scored): number => {
    const score = candidate.scores[reward];
    return score?.ok ? score.value : Number.NEGATIVE_INFINITY;
  };
  return candidates.toSorted((a, b) => compare(value(b), value(a)));
}

/** Not a subtraction: two infinities would give NaN. */
const compare = (a: number, b: number): number => (a > b ? 1 : a < b ? -1 : 0);
