/** Maps of scores onto a scale that several rewards share (methods B.2, B.15). */
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import { setMaps } from '../../schemas/rewards/calibration.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import { deviation, least, mean, median, most, percentileRanks } from '../selection/statistics.ts';
import type { Scale } from './define.ts';
import { PROBABILITY, UNBOUNDED } from './define.ts';

/** Scores of a set in order; null where one failed: it has no part in any statistic. */
export type Values = readonly (number | null)[];

/** Nothing can be said of one candidate before all are there. */
export const needsSet = ({ map }: Calibration): boolean => setMaps.includes(map);

export function calibrate(values: Values, calibration: Calibration): (number | null)[] {
  const valid = values.filter((value) => value !== null);
  if (valid.length === 0) return [...values];
  const mapped = mapOf(calibration)(valid).values();
  return values.map((value) => (value === null ? null : mapped.next().value!));
}

type SetMap = (values: readonly number[]) => number[];

function mapOf(calibration: Calibration): SetMap {
  switch (calibration.map) {
    case 'none':
      return (values) => [...values];
    case 'zscore':
      return (values) => standard(values, mean(values), deviation(values));
    case 'robust':
      return robust;
    case 'rank':
      return percentileRanks;
    case 'minmax':
      return (values) => between(values, least(values), most(values));
    case 'zscore_ref':
      return (values) => standard(values, calibration.mean, calibration.deviation);
    case 'minmax_fixed':
      return (values) => between(values, calibration.least, calibration.most);
    case 'sigmoid':
      return each((value) => sigmoid((value - calibration.middle) / calibration.scale));
    case 'platt':
      return each((value) => sigmoid(calibration.slope * value + calibration.intercept));
    case 'temperature':
      return each((value) => sigmoid(value / calibration.temperature));
    case 'isotonic':
      return each((value) => interpolated(value, calibration.knots));
  }
}

const each =
  (map: (value: number) => number): SetMap =>
  (values) =>
    values.map(map);

/** Without spread nobody is above anybody: all 0. */
const standard = (values: readonly number[], middle: number, spread: number): number[] =>
  values.map((value) => (spread === 0 ? 0 : (value - middle) / spread));

function robust(values: readonly number[]): number[] {
  const middle = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - middle)));
  return spread === 0 ? standard(values, mean(values), deviation(values)) : standard(values, middle, spread);
}

const between = (values: readonly number[], low: number, high: number): number[] =>
  values.map((value) => (high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0.5));

function interpolated(value: number, knots: readonly (readonly [number, number])[]): number {
  const after = knots.findIndex(([x]) => x > value);
  if (after === 0) return knots[0]![1];
  if (after < 0) return knots.at(-1)![1];
  const [[x0, y0], [x1, y1]] = [knots[after - 1]!, knots[after]!];
  return y0 + ((y1 - y0) * (value - x0)) / (x1 - x0);
}

/** What the scores are after the map. A place between least and most of a set is no probability: it means nothing elsewhere. */
export function calibratedScale(scale: Scale, calibration: Calibration): Scale {
  switch (calibration.map) {
    case 'none':
      return scale;
    case 'zscore':
    case 'robust':
    case 'zscore_ref':
      return UNBOUNDED;
    case 'rank':
    case 'minmax':
      return { output: 'unknown', range: [0, 1] };
    case 'isotonic':
      return { output: 'probability', range: [calibration.knots[0]![1], calibration.knots.at(-1)![1]] };
    case 'minmax_fixed':
    case 'sigmoid':
    case 'platt':
    case 'temperature':
      return PROBABILITY;
  }
}

/** What is added as it is where it is a probability, and by its place in the set where its scale says nothing. */
export const defaultCalibration = ({ output }: Scale): Calibration =>
  output === 'probability' ? { map: 'none' } : { map: 'zscore' };

/** Into 0 to 1 without the set; null where the scale has neither a zero nor two bounds. */
export function boundedCalibration({ output, range: [low, high] }: Scale): Calibration | null {
  if (output === 'probability') return { map: 'none' };
  if (output === 'logit') return { map: 'sigmoid', middle: 0, scale: 1 };
  return low !== null && high !== null && low < high ? { map: 'minmax_fixed', least: low, most: high } : null;
}
