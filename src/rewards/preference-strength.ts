/** How strongly an ensemble prefers one of two candidates (methods B.1; Secrets of RLHF II). */
import { deviation, mean } from '../selection/statistics.ts';
import type { Values } from './calibration.ts';

/** Over the members, of what each gives the first less what it gives the second. */
export interface PreferenceStrength {
  readonly mean: number;
  /** Population deviation: how much the members disagree about the pair. */
  readonly std: number;
  /** Members that scored both. */
  readonly models: number;
}

/**
 * @param first   the members' scores of the one, null for those that failed, all on one scale that is the same for any pair
 * @param second  their scores of the other, in the same order
 * @returns null where fewer than `least` members scored both
 */
export function preferenceStrength(
  first: Values,
  second: Values,
  least = Math.ceil(first.length / 2),
): PreferenceStrength | null {
  const differences = first.flatMap((ours, member) => {
    const theirs = second[member]!;
    return ours === null || theirs === null ? [] : [ours - theirs];
  });
  if (differences.length < Math.max(1, least)) return null;
  return { mean: mean(differences), std: deviation(differences), models: differences.length };
}

/** Whether the members are of one mind; otherwise the pair is for a stronger judge. None that all call equal is sure. */
export const isSure = ({ mean: strength, std }: PreferenceStrength): boolean => strength !== 0 && Math.abs(strength) >= std;
