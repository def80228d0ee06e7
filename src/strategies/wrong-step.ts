import type { Scored } from '../operation.ts';

/** Place of the first step below `below`. A score that failed, or a step without one, is unknown, not right (methods C.12). */
export function wrongStep(version: Scored, reward: string, below: number): number | 'none' | 'unknown' {
  const score = version.scores[reward];
  if (!score?.ok || score.steps?.length !== version.steps.length) return 'unknown';
  const place = score.steps.findIndex((value) => value !== null && value < below);
  if (place >= 0) return place;
  return score.steps.includes(null) ? 'unknown' : 'none';
}
