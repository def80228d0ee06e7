/** From scores to weights of at least 0 (methods A.4, A.11). */
import { z } from 'zod';
import type { SelectionContext } from './define.ts';
import { type Contender, validScore } from './order.ts';
import { rankVotes } from './ranks.ts';
import { softmaxShares } from './shares.ts';
import { sigmoid } from './sigmoid.ts';
import { median } from './statistics.ts';

export const weightMap = z.enum(['prob', 'sigmoid', 'softmax', 'rank', 'unit']);
type WeightMap = z.infer<typeof weightMap>;

/** Probabilities are weights as they are; everything else is taken for a logit. */
export const defaultMap = ({ output }: SelectionContext): WeightMap => (output === 'probability' ? 'prob' : 'sigmoid');

interface Settings {
  readonly map: WeightMap;
  /** Of `softmax`; 1 where absent. */
  readonly temperature?: number;
  /** Of `rank`; 1 where absent. */
  readonly power?: number;
}

/** A weight for each contender; 0 for one without a valid score or an answer, which has no part in any statistic either. */
export const voteWeights = (contenders: readonly Contender[], settings: Settings, context: SelectionContext): number[] =>
  scoreWeights(contenders, settings, context, ({ answer }) => answer !== null);

/** As of a vote, with or without an answer: only those without a valid score weigh 0. */
export function scoreWeights(
  contenders: readonly Contender[],
  { map, temperature = 1, power = 1 }: Settings,
  { calibrated = false }: SelectionContext,
  admitted: (contender: Contender) => boolean = () => true,
): number[] {
  const weighs = (contender: Contender) =>
    admitted(contender) && validScore(contender) !== null && !(map === 'prob' && outsideProbability(contender));
  const scores = contenders.filter(weighs).map((contender) => validScore(contender)!);
  const weights = MAPS[map](scores, { temperature, power, calibrated }).values();
  return contenders.map((contender) => (weighs(contender) ? weights.next().value! : 0));
}

/** A probability may be rounded this far beyond 0 or 1. */
const ROUNDING = 1e-6;

export function outsideProbability(contender: Contender): boolean {
  const value = validScore(contender);
  return value !== null && (value < -ROUNDING || value > 1 + ROUNDING);
}

interface MapSettings {
  readonly temperature: number;
  readonly power: number;
  readonly calibrated: boolean;
}

const MAPS: Readonly<Record<WeightMap, (scores: readonly number[], settings: MapSettings) => number[]>> = {
  prob: (scores) => scores.map((score) => Math.min(Math.max(score, 0), 1)),
  sigmoid(scores, { calibrated }) {
    const [middle, scale] = calibrated ? [0, 1] : centred(scores);
    return scores.map((score) => sigmoid((score - middle) / scale));
  },
  softmax: (scores, { temperature }) => softmaxShares(scores, temperature),
  rank: (scores, { power }) => rankVotes(scores, power),
  unit: (scores) => scores.map(() => 1),
};

/** A head that is not calibrated is known up to a constant: its group says what is much. At MAD 0 the scale is 1. */
export function centred(scores: readonly number[]): readonly [middle: number, scale: number] {
  const middle = median(scores);
  const deviation = median(scores.map((score) => Math.abs(score - middle)));
  return [middle, deviation === 0 ? 1 : Math.max(1e-6, 1.4826 * deviation)];
}
