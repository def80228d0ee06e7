/** Several objectives in one number a candidate (methods B.3, B.15). */
import type { WeightedRule } from '../../schemas/rewards/weighted.ts';
import { percentileRanks, sum } from '../selection/statistics.ts';
import type { Scale } from './define.ts';

/** One objective with its values, one a candidate in order; null where it is not applicable. */
export interface Objective {
  readonly weight: number;
  readonly tolerance: number;
  readonly target: number;
  readonly values: readonly (number | null)[];
}

/** null: no objective is left for it; `dominated`: another is as good in all and better in one. */
export type Weighed = number | null | 'dominated';

/** Comparing each with each is refused above this. */
export const MOST_COMPARED = 4096;
export const comparesAll = (rule: WeightedRule): boolean => rule === 'lexicographic' || rule === 'pareto';
export const needsAll = (rule: WeightedRule): boolean => rule !== 'sum' && rule !== 'chebyshev';

/** `lexicographic`, `pareto` and `rank_sum` take objectives that every candidate has. */
export function weigh(objectives: readonly Objective[], rule: WeightedRule, count: number): Weighed[] {
  const counted = objectives.filter(({ weight }) => weight !== 0);
  const places = Array.from({ length: count }, (_, place) => place);
  if (counted.length === 0) return places.map(() => null);
  switch (rule) {
    case 'sum':
      return places.map((place) => weightedMean(counted, place));
    case 'chebyshev':
      return places.map((place) => worst(counted, place));
    case 'rank_sum':
      return rankSum(counted, places);
    case 'pareto':
      return places.map((place) => (dominated(counted, place, places) ? 'dominated' : weightedMean(counted, place)));
    case 'lexicographic':
      return percentileRanks(lexicographicClasses(counted, places));
  }
}

/** Objectives that are not applicable to some candidate are left out for all: otherwise two would be compared by different things. */
export const applicableToAll = (objectives: readonly Objective[]): Objective[] =>
  objectives.filter(({ values }) => values.every((value) => value !== null));

interface Term {
  readonly weight: number;
  readonly target: number;
  readonly value: number;
}

const termsOf = (objectives: readonly Objective[], place: number): Term[] =>
  objectives.flatMap(({ weight, target, values }) => {
    const value = values[place];
    return value === null || value === undefined ? [] : [{ weight, target, value }];
  });

function weightedMean(objectives: readonly Objective[], place: number): number | null {
  const terms = termsOf(objectives, place);
  if (terms.length === 0) return null;
  return sum(terms.map(({ weight, value }) => weight * value)) / sum(terms.map(({ weight }) => Math.abs(weight)));
}

function worst(objectives: readonly Objective[], place: number): number | null {
  const terms = termsOf(objectives, place);
  if (terms.length === 0) return null;
  return terms.map(({ weight, target, value }) => weight * (value - target)).reduce((low, one) => Math.min(low, one));
}

/** Values in the direction of their weight, so that higher is better in each. */
const directed = ({ weight, values }: Objective): number[] => values.map((value) => Math.sign(weight) * value!);

function rankSum(objectives: readonly Objective[], places: readonly number[]): number[] {
  const ranks = objectives.map(({ weight, values }) => ({ weight, ranks: percentileRanks(values.map((value) => value!)) }));
  return places.map((place) => sum(ranks.map((one) => one.weight * one.ranks[place]!)));
}

function dominated(objectives: readonly Objective[], place: number, places: readonly number[]): boolean {
  return places.some((other) => {
    let better = false;
    for (const { weight, values } of objectives) {
      const gain = Math.sign(weight) * (values[other]! - values[place]!);
      if (gain < 0) return false;
      better ||= gain > 0;
    }
    return better;
  });
}

/**
 * A number for each candidate that orders as the rule does: those left after every objective are the best, then those left
 * when these are taken away, and so on. (A comparator with tolerances is not transitive: methods 0.3.)
 */
function lexicographicClasses(objectives: readonly Objective[], places: readonly number[]): number[] {
  const values = objectives.map(directed);
  const classes = new Array<number>(places.length).fill(0);
  // best first by the first objective: what it keeps is then a beginning of those left
  let left = places.toSorted((a, b) => values[0]![b]! - values[0]![a]! || a - b);
  for (let worth = places.length; left.length > 0; worth--) {
    const kept = objectives.reduce((open, { tolerance }, k) => withinReach(open, values[k]!, tolerance, k === 0), left);
    for (const place of kept) classes[place] = worth;
    const best = new Set(kept);
    left = left.filter((place) => !best.has(place));
  }
  return classes;
}

function withinReach(places: readonly number[], values: readonly number[], tolerance: number, sorted: boolean): number[] {
  const best = sorted
    ? values[places[0]!]!
    : places.reduce((high, place) => Math.max(high, values[place]!), Number.NEGATIVE_INFINITY);
  const beyond = sorted ? places.findIndex((place) => values[place]! < best - tolerance) : -1;
  if (sorted) return beyond < 0 ? [...places] : places.slice(0, beyond);
  return places.filter((place) => values[place]! >= best - tolerance);
}

interface Weight {
  readonly weight: number;
  readonly target: number;
  readonly scale: Scale;
}

/** Of objectives whose scales, calibrated, are these; an objective may be missing, so each bound is that of any part of them. */
export function weightedScale(rule: WeightedRule, given: readonly Weight[]): Scale {
  const counted = given.filter(({ weight }) => weight !== 0);
  switch (rule) {
    case 'lexicographic':
      return { output: 'unknown', range: [0, 1] };
    case 'rank_sum':
      return { output: 'unknown', range: [sum(counted.map(negative)), sum(counted.map(positive))] };
    case 'chebyshev': {
      const ends = counted.map(({ weight, target, scale }) =>
        stretched(weight, scale).map((end) => (end === null ? null : end - weight * target)),
      );
      return { output: 'unknown', range: [extreme(ends, 0), extreme(ends, 1)] };
    }
    case 'sum':
    case 'pareto': {
      const ends = counted.map(({ weight, scale }) => stretched(Math.sign(weight), scale));
      const output = counted.every(({ weight, scale }) => weight > 0 && scale.output === counted[0]!.scale.output)
        ? counted[0]!.scale.output
        : 'unknown';
      return { output, range: [extreme(ends, 0), extreme(ends, 1)] };
    }
  }
}

const negative = ({ weight }: Weight): number => Math.min(weight, 0);
const positive = ({ weight }: Weight): number => Math.max(weight, 0);

/** The bounds of weight x score, turned round by a negative weight. */
function stretched(weight: number, { range }: Scale): readonly (number | null)[] {
  const ends = range.map((end) => (end === null ? null : weight * end));
  return weight < 0 ? ends.reverse() : ends;
}

function extreme(ends: readonly (readonly (number | null)[])[], end: 0 | 1): number | null {
  const known = ends.map((one) => one[end]).filter((one) => one !== null && one !== undefined);
  if (known.length < ends.length) return null;
  return known.reduce((a, b) => (end === 0 ? Math.min(a, b) : Math.max(a, b)));
}
