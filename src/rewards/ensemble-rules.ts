/** One number of what several rewards say of a candidate (methods B.1, B.15). */
import type { EnsembleRule } from '../../schemas/rewards/ensemble.ts';
import { deviation, mean, median, variance } from '../selection/statistics.ts';
import type { Scale } from './define.ts';

export interface EnsembleSettings {
  readonly rule: EnsembleRule;
  readonly k: number;
  readonly lambda: number;
}

/** Each takes at least one value, all on one scale. */
const RULES: Readonly<Record<EnsembleRule, (values: readonly number[], settings: EnsembleSettings) => number>> = {
  mean,
  min: (values) => values.reduce((low, value) => Math.min(low, value)),
  median,
  // of fewer than four nothing would be left to average
  trimmed: (values) => (values.length < 4 ? median(values) : mean(values.toSorted((a, b) => a - b).slice(1, -1))),
  lcb: (values, { k }) => mean(values) - k * deviation(values),
  uwo: (values, { lambda }) => mean(values) - lambda * variance(values),
};

export interface Combined {
  readonly value: number;
  /** Population deviation of the values: how much the rewards disagree. */
  readonly disagreement: number;
  /** Some rewards are missing, or too few are left to trim: the number is of less than it says. */
  readonly partial: boolean;
}

/** @returns null where fewer than `least` of the values are valid */
export function combine(
  values: readonly (number | null)[],
  settings: EnsembleSettings,
  least = Math.ceil(values.length / 2),
): Combined | null {
  const valid = values.filter((value) => value !== null);
  if (valid.length < Math.max(1, least)) return null;
  return {
    value: RULES[settings.rule](valid, settings),
    disagreement: deviation(valid),
    partial: valid.length < values.length || (settings.rule === 'trimmed' && valid.length < 4),
  };
}

/** Of members whose scales, calibrated, are these. */
export function ensembleScale(scales: readonly Scale[], { rule, k, lambda }: EnsembleSettings): Scale {
  const [first] = scales;
  const same = scales.every(({ output }) => output === first!.output);
  const low = bound(scales, 0);
  const high = bound(scales, 1);
  if (rule !== 'lcb' && rule !== 'uwo') return { output: same ? first!.output : 'unknown', range: [low, high] };
  const fall = low === null || high === null ? null : rule === 'lcb' ? lcbFall(high - low, k) : uwoFall(high - low, lambda);
  return { output: 'unknown', range: [fall === null ? null : low! - fall, high] };
}

function bound(scales: readonly Scale[], end: 0 | 1): number | null {
  const ends = scales.map(({ range }) => range[end]).filter((one) => one !== null);
  if (ends.length < scales.length) return null;
  return ends.reduce((a, b) => (end === 0 ? Math.min(a, b) : Math.max(a, b)));
}

// Spread is greatest where all values are at one of the two ends, p of them at the upper: both below are the minimum over p.

/** How far `mean - k x deviation` gets below the lower end of a range of this width. */
const lcbFall = (width: number, k: number): number => (width * (Math.sqrt(1 + k * k) - 1)) / 2;

/** The same of `mean - lambda x variance`. */
function uwoFall(width: number, lambda: number): number {
  const flat = 1 / (lambda * width);
  return flat >= 1 ? 0 : (width * (1 - flat) ** 2) / (4 * flat);
}
