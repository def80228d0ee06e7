/** How far a soft judge is believed beside an outcome reward (methods B.9, B.15). */
import { mean } from '../selection/statistics.ts';

/** A candidate's outcome and the judge's opinion, both from 0 to 1. */
export interface Judged {
  readonly outcome: number;
  readonly opinion: number;
}

/** The judge's mean over right and over wrong candidates. */
export interface Means {
  readonly right: number;
  readonly wrong: number;
}

/** null where all are right or all are wrong: the set says nothing of the judge. */
export function meansOf(group: readonly Judged[]): Means | null {
  const [right, wrong] = [true, false].map((wanted) => group.filter(({ outcome }) => outcome >= 0.5 === wanted));
  if (right!.length === 0 || wrong!.length === 0) return null;
  const opinion = ({ opinion }: Judged) => opinion;
  return { right: mean(right!.map(opinion)), wrong: mean(wrong!.map(opinion)) };
}

/** 1 for a judge that puts right ones above wrong ones, or of which nothing is known; less the more it turns them round. */
export const trust = (means: Means | null): number =>
  means === null || means.right >= means.wrong ? 1 : Math.exp(means.right - means.wrong);
