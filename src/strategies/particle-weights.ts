/** Weights of particles: pure arithmetic over normalised weights, which are not negative and sum to 1 (methods C.5, C.5b). */

import { softmaxShares } from '../selection/shares.ts';
import { sum } from '../selection/statistics.ts';

/** Logarithms of weights to weights that sum to 1; minus infinity is 0. Undefined where every weight is 0. */
export function normalised(logWeights: readonly number[]): number[] | undefined {
  const none = logWeights.every((weight) => weight === Number.NEGATIVE_INFINITY);
  return none ? undefined : softmaxShares(logWeights, 1);
}

/** How many particles of equal weight would be as good: 1 to their number. */
export const effectiveSize = (weights: readonly number[]): number => 1 / sum(weights.map((weight) => weight ** 2));

/**
 * Systematic resampling: which particle each of as many new ones is a copy of. Offspring differ from N x weight by less
 * than 1.
 *
 * @param u  one draw in [0, 1)
 */
export function systematic(weights: readonly number[], u: number): number[] {
  const last = weights.findLastIndex((weight) => weight > 0);
  const picks: number[] = [];
  let place = 0;
  let reached = weights[0] ?? 0;
  for (let k = 0; k < weights.length; k++) {
    while (reached <= (u + k) / weights.length && place < last) reached += weights[++place]!;
    picks.push(place);
  }
  return picks;
}

/**
 * Systematic resampling of which the first particle is known to have a copy, as `systematic` tells who is copied: `u` is drawn
 * in proportion to the copies that the first particle then has, so that everything else is as likely as it was.
 *
 * @param draw  one draw in [0, 1)
 * @see Chopin and Singh 2015, algorithm 4
 */
export function systematicWithFirst(weights: readonly number[], draw: number): number[] {
  const expected = weights.length * weights[0]!; // copies of the first one
  const least = Math.floor(expected);
  const oneMore = expected - least; // below it u gives least + 1 copies, above it least
  const mass = draw * expected;
  const below = oneMore * (least + 1);
  return systematic(weights, mass < below ? mass / (least + 1) : oneMore + (mass - below) / least);
}

/** The place that a draw in [0, 1) falls on: each in proportion to its weight. */
export function drawn(weights: readonly number[], draw: number): number {
  let reached = 0;
  const place = weights.findIndex((weight) => {
    reached += weight;
    return reached > draw;
  });
  return place < 0 ? weights.findLastIndex((weight) => weight > 0) : place;
}

export const temperatureMethods = ['ess', 'entropy', 'base'] as const;

export interface Tempering {
  /** Steps done of those expected, above 0. */
  readonly progress: number;
  readonly essThreshold: number;
  /** Progress from which nothing is tempered. */
  readonly earlyPhase: number;
  readonly method: (typeof temperatureMethods)[number];
}

/** Flattens weights that are uneven early, so that one lucky first step does not take all particles. */
export function tempered(weights: readonly number[], tempering: Tempering): number[] {
  const temperature = temperatureOf(weights, tempering);
  const powers = weights.map((weight) => weight ** (1 / temperature));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** At least 1, which changes nothing. */
export function temperatureOf(weights: readonly number[], { progress, essThreshold, earlyPhase, method }: Tempering): number {
  const ratio = effectiveSize(weights) / weights.length;
  if (ratio >= essThreshold || progress >= earlyPhase) return 1;
  switch (method) {
    case 'ess':
      return Math.max(1, (1 - progress) / ratio);
    case 'entropy': {
      const evenness = normalisedEntropy(weights);
      return Math.max(1, 1 / (evenness + (1 - evenness) * progress));
    }
    case 'base':
      return Math.max(1, 2 - progress);
  }
}

/** Entropy over its most: 1 where all are equal. */
export const normalisedEntropy = (weights: readonly number[]): number =>
  -sum(weights.map((weight) => (weight === 0 ? 0 : weight * Math.log(weight)))) / Math.log(weights.length);
