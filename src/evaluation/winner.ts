/** What may be odd about a winner: a score far above all others, and members of an ensemble that disagree (methods F.5). */
import { median } from './repetition.ts';

const FAR = 4; // times the median absolute deviation

/** The best score stands more than 4 MAD above the second. Never where the MAD is 0, or with fewer than 3 scores. */
export function isOutlier(scores: readonly number[]): boolean {
  if (scores.length < 3) return false;
  const middle = median(scores);
  const deviation = median(scores.map((score) => Math.abs(score - middle)));
  const [first, second] = scores.toSorted((a, b) => b - a);
  return deviation > 0 && first! - second! > FAR * deviation;
}

/** Disagreement about the winner over the median one; null where unknown, or where the median is 0. */
export function disagreementRatio(disagreement: readonly (number | null)[], winner: number): number | null {
  const known = disagreement.filter((value): value is number => value !== null);
  const usual = median(known);
  const own = disagreement[winner] ?? null;
  return own === null || !(usual > 0) ? null : own / usual;
}
