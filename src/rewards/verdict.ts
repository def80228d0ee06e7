/** One verdict of hard and soft evidence (methods B.13, B.15). */
import { sum } from '../selection/statistics.ts';

export interface Evidence {
  readonly source: string;
  readonly strength: 'hard' | 'soft';
  /** From -1 (against, or the second of two) to 1 (for, or the first). */
  readonly verdict: number;
  readonly weight: number;
}

export interface Verdict {
  /** -1 or 1 by hard evidence, the weighted mean of soft evidence otherwise; 0 where there is none. */
  readonly value: number;
  readonly decidedBy: 'hard' | 'soft' | 'none';
}

/** Hard evidence that is sure decides, unless other hard evidence is against it; otherwise soft evidence does. */
export function decide(evidence: readonly Evidence[]): Verdict {
  const hard = evidence.filter(({ strength }) => strength === 'hard');
  const sure = hard.find(({ verdict }) => Math.abs(verdict) === 1);
  if (sure && !hard.some(({ verdict }) => verdict * sure.verdict < 0)) return { value: sure.verdict, decidedBy: 'hard' };
  const soft = evidence.filter(({ strength }) => strength === 'soft');
  if (soft.length === 0) return { value: 0, decidedBy: 'none' };
  const value = sum(soft.map(({ weight, verdict }) => weight * verdict)) / sum(soft.map(({ weight }) => weight));
  return { value, decidedBy: 'soft' };
}
