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

/** Those whose score is not below `floor`. An end is kept, and so is a failed score: it is unknown, not low (methods D.4). */
export const notBelow = (candidates: readonly Scored[], reward: string, floor: number): Scored[] =>
  candidates.filter((candidate) => {
    const score = candidate.scores[reward];
    return finished(candidate) || !score?.ok || score.value >= floor;
  });

/** One stretch of work: how many go through it, and where it ends. */
export interface Stretch {
  readonly count: number;
  /** Units of work from the beginning of all, not of the stretch. */
  readonly end: number;
}

/**
 * What it costs to go through all stretches: in each, everyone who is in it pays its units of work and one scoring at its end.
 *
 * @see methods D.5; the first stretch begins before the first unit, so that no unit is free
 */
export function costOf(stretches: readonly Stretch[], unit: number, scoring: number): number {
  let [cost, begun] = [0, 0];
  for (const { count, end } of stretches) {
    cost += count * ((end - begun) * unit + scoring);
    begun = end;
  }
  return cost;
}

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
