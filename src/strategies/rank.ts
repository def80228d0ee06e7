import type { Scored } from '../operation.ts';

/**
 * Prefixes by the value of `reward`, best first: higher first, then fewer tokens, then the order given (methods 0.3).
 * Those whose score failed come last, in the order given: they are grown only where nothing better is left.
 */
export function bestFirst(candidates: readonly Scored[], reward: string): Scored[] {
  const value = (candidate: Scored): number => {
    const score = candidate.scores[reward];
    return score?.ok ? score.value : Number.NEGATIVE_INFINITY;
  };
  return [...candidates].sort((a, b) => compare(value(b), value(a)) || a.tokenCount - b.tokenCount);
}

/** Not a subtraction: two infinities would give NaN. */
const compare = (a: number, b: number): number => (a > b ? 1 : a < b ? -1 : 0);
