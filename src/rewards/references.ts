/** Several right answers: one score for each, and one of them all (methods B.12). */
import type { Aggregate } from '../../schemas/rewards/reading.ts';
import type { Score } from '../operation.ts';

/**
 * One score of those against each reference. One that failed fails the whole: a candidate that was compared with fewer right
 * answers than the others is not comparable with them.
 *
 * @param scores  at least one
 */
export function aggregated(scores: readonly Score[], aggregate: Aggregate): Score {
  const failed = scores.find(({ ok }) => !ok);
  if (failed) return failed;
  const values = scores.map((score) => (score.ok ? score.value : Number.NaN));
  if (values.length === 1) return scores[0]!;
  const value = aggregate === 'max' ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0) / values.length;
  return { ok: true, value, detail: { references: scores.map((score, place) => ({ value: values[place], ...score.detail })) } };
}

/** A finite number as a score; another is a failure, never a zero. */
export const scoreOf = (value: number, detail?: Readonly<Record<string, unknown>>): Score =>
  Number.isFinite(value)
    ? { ok: true, value, ...(detail && Object.keys(detail).length > 0 ? { detail } : {}) }
    : { ok: false, reason: 'not_finite' };
