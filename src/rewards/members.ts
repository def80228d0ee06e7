/** What a reward that is made of others asks of them, and how it tells what each of them said. */
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import type { Asking, Detail, Prefix, Score } from '../operation.ts';
import { score, together } from '../operation.ts';
import { boundedCalibration, calibrate } from './calibration.ts';
import type { About, Dependence, RewardTask } from './define.ts';

type Asks = Pick<RewardTask<unknown, unknown>, 'prompt' | 'about'>;

/** Scores of the candidates by each reward, in the order of the names. */
export function* askAll(
  { prompt, about }: Asks,
  names: readonly string[],
  candidates: readonly Prefix[],
): Asking<(readonly Score[])[]> {
  const asked = names.flatMap((name) => about(name).asks);
  const parts = names.map((name) => score(name, prompt, candidates));
  if (new Set(asked).size === asked.length) return yield* together(parts);
  // two that ask the same reward at once would both pay for it
  const scores: (readonly Score[])[] = [];
  for (const part of parts) scores.push(yield* part);
  return scores;
}

/** What a score of these depends on; of the whole set too where the reward itself compares candidates. */
export function dependenceOn(about: (name: string) => About, names: readonly string[], onSet = false): Dependence {
  const all = names.map((name) => about(name).dependsOn);
  if (onSet || all.includes('set')) return 'set';
  return all.includes('candidate') ? 'candidate' : 'text';
}

/** null for one that failed. */
export const validValue = (score: Score): number | null => (score.ok && Number.isFinite(score.value) ? score.value : null);

/** A score that is handed on as it is. */
export const sound = (score: Score): Score =>
  score.ok && validValue(score) === null ? { ok: false, reason: 'not_finite' } : score;

/** A number that came of arithmetic: a sum of large ones may be infinite. */
export const scored = (value: number, detail: Detail): Score =>
  Number.isFinite(value) ? { ok: true, value, detail } : { ok: false, reason: 'not_finite', detail };

/** One that cannot be scored because a reward that it needs failed. */
export const memberFailed = (detail: Detail): Score => ({ ok: false, reason: 'member_failed', detail });

/** What a member said, and the number that was made of it. */
export function part(score: Score, calibrated?: number | null): Detail {
  if (!score.ok) return { reason: score.reason };
  return { value: score.value, ...(calibrated === undefined || calibrated === null ? {} : { calibrated }) };
}

/** Scores of one reward as numbers from 0 to 1; null for one that failed, or that is outside although it should not be. */
export const probabilities = (scores: readonly Score[], calibration: Calibration): (number | null)[] =>
  calibrate(scores.map(validValue), calibration).map((value) => (value === null || outside(value) ? null : clamp(value)));

/** A softmax in half precision may end this far outside of 0 to 1. */
const ROUNDING = 1e-6;
const outside = (value: number): boolean => value < -ROUNDING || value > 1 + ROUNDING;
const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);

/** The map that the config gives a member, or the one that its scale calls for. Refused beforehand where there is neither. */
export const intoProbability = (given: Calibration | undefined, { scale }: About): Calibration =>
  given ?? boundedCalibration(scale) ?? { map: 'none' };

/** Refuses a member of which nobody knows what is much. @throws WinnowError `capability_missing` */
export function refuseUnbounded(name: string, member: string, given: Calibration | undefined, about: About, param: string): void {
  if (given || boundedCalibration(about.scale)) return;
  const message = `The reward ${quoted(name)} needs numbers from 0 to 1 of ${quoted(member)}, whose scale has no bounds. Give it a calibration in the config: minmax_fixed, sigmoid, platt, temperature or isotonic.`;
  throw new WinnowError('capability_missing', message, { param });
}
