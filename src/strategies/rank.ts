import type { Prefix, Scored } from '../operation.ts';

/** The worth of a prefix; undefined where it is unknown, which is not the same as low. */
export type Worth<T> = (prefix: T) => number | undefined;

/**
 * Prefixes by their worth, best first: higher first, then fewer tokens, then the order given (methods 0.3). Those whose worth
 * is unknown come last: they are grown only where nothing better is left.
 */
export const worthiestFirst = <T extends Prefix>(prefixes: readonly T[], worth: Worth<T>): T[] =>
  byWorth(
    prefixes.toSorted((a, b) => a.tokenCount - b.tokenCount),
    worth,
  );

/** Prefixes by the value of `reward`, best first, in the order of `worthiestFirst`; a failed score is unknown. */
export const bestFirst = (candidates: readonly Scored[], reward: string): Scored[] => worthiestFirst(candidates, valueBy(reward));

/** By the value of `reward` alone, best first: of equals the one given first. Those whose score failed come last. */
export const byValue = (candidates: readonly Scored[], reward: string): Scored[] => byWorth(candidates, valueBy(reward));

const valueBy =
  (reward: string): Worth<Scored> =>
  ({ scores }) => {
    const score = scores[reward];
    return score?.ok ? score.value : undefined;
  };

function byWorth<T>(prefixes: readonly T[], worth: Worth<T>): T[] {
  const value = (prefix: T): number => worth(prefix) ?? Number.NEGATIVE_INFINITY;
  return prefixes.toSorted((a, b) => compare(value(b), value(a)));
}

/** Not a subtraction: two infinities would give NaN. */
const compare = (a: number, b: number): number => (a > b ? 1 : a < b ? -1 : 0);
