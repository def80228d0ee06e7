import type { Lookup } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import { boundedCalibration, needsSet } from '../rewards/calibration.ts';
import type { ConfigOf } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import { COMBINED, dependenceOf, namedReward, scaleOf } from '../rewards/registry.ts';
import type { ReadRewards } from './rewards.ts';

/** The rewards that score, the one that decides first, and where their names lead. */
export interface DecidingRewards {
  readonly names: readonly string[];
  readonly lookup: Lookup;
}

interface Circumstances {
  /** Name of a strategy that scores candidates one by one, so that none is seen beside the others; null where all are. */
  readonly oneByOne: string | null;
  /** Where the rewards stand in the body. */
  readonly param: string;
}

/**
 * Several rewards, or one with a weight or a shaping, make one more: an entry of kind `weighted` by the name `combined`,
 * which decides.
 *
 * @throws WinnowError where all weights are 0, or where what is asked needs the whole set and there is none
 */
export function withCombined(rewards: ReadRewards, lookup: Lookup, circumstances: Circumstances): DecidingRewards {
  const { names, weights, shapings, options } = rewards;
  const { oneByOne, param } = circumstances;
  if (oneByOne !== null) refuseSets(names, { options, lookup, strategy: oneByOne, param });
  const said = Object.keys(weights).length + Object.keys(shapings).length > 0;
  if (names.length === 0 || (names.length === 1 && !said)) return { names, lookup };
  const members = names.map((name) => ({
    reward: name,
    weight: weights[name] ?? 1,
    calibration: oneByOne === null ? shapings[name] : bounded(name, rewards, lookup, { strategy: oneByOne, param }),
    tolerance: 0,
    target: 0,
  }));
  if (members.every(({ weight }) => weight === 0))
    throw new WinnowError('invalid_value', 'All weights are 0, so nothing decides. Give one that is not.', { param });
  const combined: ConfigOf<'weighted'> = {
    kind: 'weighted',
    members,
    rule: 'sum',
    na_policy: oneByOne === null ? 'for_all' : 'per_candidate',
  };
  return { names: [COMBINED, ...names], lookup: { ...lookup, rewards: { ...lookup.rewards, [COMBINED]: combined } } };
}

/** A map that says of one candidate what it would say of it among others. */
function bounded(
  name: string,
  { shapings, options }: ReadRewards,
  lookup: Lookup,
  { strategy, param }: { readonly strategy: string; readonly param: string },
): Calibration {
  const given = shapings[name];
  if (given && !needsSet(given)) return given;
  const found = given ? null : boundedCalibration(scaleOf(namedReward(name, options, lookup)));
  if (found) return found;
  const why = given
    ? `The shaping ${given.map} of ${quoted(name)} compares the candidates of a set`
    : `The scale of ${quoted(name)} has no bounds`;
  const message = `${why}, and ${strategy} scores candidates one by one. Give it the shaping sigmoid, platt, temperature, isotonic, minmax_fixed, zscore_ref or none.`;
  throw new WinnowError('capability_missing', message, { param });
}

interface Sets {
  readonly options: RewardOptions;
  readonly lookup: Lookup;
  readonly strategy: string;
  readonly param: string;
}

function refuseSets(names: readonly string[], { options, lookup, strategy, param }: Sets): void {
  const set = names.find((name) => dependenceOf(namedReward(name, options, lookup)) === 'set');
  if (set === undefined) return;
  const message = `The reward ${quoted(set)} scores a set of candidates by each other, and ${strategy} scores them one by one. Name a reward that scores each by itself; of those that are made of others, one whose calibrations and na_policy need no set.`;
  throw new WinnowError('capability_missing', message, { param });
}
