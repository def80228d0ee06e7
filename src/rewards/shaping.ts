/** Bounded and centred rewards, and sums of step rewards that padding cannot raise (methods B.6, B.8, B.15). */
import { sigmoid } from '../selection/sigmoid.ts';
import { deviation, mean } from '../selection/statistics.ts';

/** Preference as reward: 0 to 1, 0.5 for one as good as its references, of which there is at least one. */
export const preference = (score: number, references: readonly number[], k: number): number =>
  mean(references.map((reference) => sigmoid(k * (score - reference))));

/** The 85th percentile of a standard normal distribution. */
const Z85 = 1.0364333894937898;

/** ln sigmoid(score - q85 of the references by a normal fit): at most 0. */
export const logSigmoidCentred = (score: number, references: readonly number[]): number =>
  logSigmoid(score - (mean(references) + Z85 * deviation(references)));

/** -softplus(-x): the logarithm of a sigmoid that underflows would be infinite. */
const logSigmoid = (x: number): number => -(Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x))));

/** Good steps add nothing: the sum is at most 0 whatever the length. */
export const clipSteps = (steps: readonly number[], eta: number): number[] => steps.map((step) => Math.min(step - eta, 0));

/** Each less the next, up to the last but one, which is whole; the last adds nothing. The sum is the first step's, 0 of a lone one. */
export const deltaSteps = (steps: readonly number[]): number[] =>
  steps.map((step, place) => {
    if (place === steps.length - 1) return 0;
    return place === steps.length - 2 ? step : step - steps[place + 1]!;
  });
