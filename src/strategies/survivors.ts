import type { Scored } from '../operation.ts';
import { finished } from './define.ts';

const EXACT = 1e-9; // 0.29 x 100 is a little less than 29

/**
 * How many of `count` go on where the share `alpha` is dropped: ceil((1 - alpha) x count), and at least `least`.
 *
 * @see methods D.4, D.10
 */
export const keptOf = (count: number, alpha: number, least: number): number =>
  Math.max(least, count - Math.floor(alpha * count + EXACT));

/**
 * Those that may still turn out to be the best: what one may come to, `reach` above its score, is not below what another is
 * sure of, `reach` below its own. An end is what it is. A failed score is unknown, and drops nothing.
 *
 * @param reach  in the reward's own numbers, not negative
 * @see methods D.4, racing
 */
export function mayBeBest(candidates: readonly Scored[], reward: string, reach: number): Scored[] {
  const bounds = candidates.map((candidate) => {
    const score = candidate.scores[reward];
    const unsure = finished(candidate) ? 0 : reach;
    return score?.ok ? { low: score.value - unsure, high: score.value + unsure } : unknown;
  });
  const sure = Math.max(...bounds.map(({ low }) => low));
  return candidates.filter((_, place) => bounds[place]!.high >= sure);
}

const unknown = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
