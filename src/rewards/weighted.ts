import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import { weight } from '../../schemas/rewards/weighted.ts';
import type { Asking, Score } from '../operation.ts';
import { calibrate, calibratedScale, defaultCalibration, needsSet } from './calibration.ts';
import type { ConfigOf, Named, RewardTask } from './define.ts';
import { defineReward } from './define.ts';
import { askAll, dependenceOn, memberFailed, part, scored, validValue } from './members.ts';
import type { Objective } from './weighted-rules.ts';
import { applicableToAll, comparesAll, MOST_COMPARED, needsAll, weigh, weightedScale } from './weighted-rules.ts';

const options = z.strictObject({
  weights: z.record(z.string(), weight).optional().describe('Weights of members by name, in place of those of the config.'),
});
type Weighted = Named<ConfigOf<'weighted'>, z.output<typeof options>>;

/**
 * Several objectives in one number. A score that is `not_applicable` is left out; one that failed otherwise fails its
 * candidate, so that no candidate can rid itself of a reward. `detail` has each member's score and weight (methods B.3).
 */
export const weighted = defineReward({
  kind: 'weighted',
  title: 'One number of several rewards that measure different things.',
  options,
  dependsOn: (named) => dependenceOn(named.about, objectivesOf(named).map(nameOf), comparesSet(named)),
  scale: (named) => {
    const ofMember = (one: Member) => calibratedScale(named.about(one.reward).scale, one.calibration);
    return weightedScale(
      named.config.rule,
      objectivesOf(named).map((one) => ({ weight: one.weight, target: one.target, scale: ofMember(one) })),
    );
  },
  cost: 'what its members cost',
  members: ({ members }) => members.map(nameOf),
  refuse({ name, config, options: { weights = {} } }, _subject, param) {
    const names = config.members.map(nameOf);
    const unknown = Object.keys(weights).find((one) => !names.includes(one));
    if (unknown !== undefined) {
      const message = `The reward ${quoted(name)} has no member ${quoted(unknown)}. Members: ${names.join(', ')}.`;
      throw new WinnowError('invalid_value', message, { param });
    }
    if (config.members.every((one) => (weights[one.reward] ?? one.weight) === 0))
      throw new WinnowError('invalid_value', `All weights of the reward ${quoted(name)} are 0. Give one that is not.`, { param });
  },
  *score(task) {
    const { rule } = task.config;
    if (comparesAll(rule) && task.candidates.length > MOST_COMPARED) {
      const detail = { candidates: task.candidates.length, most: MOST_COMPARED };
      return task.candidates.map(() => ({ ok: false, reason: 'too_many_candidates', detail }));
    }
    return yield* weighed(task);
  },
});

interface Member {
  readonly reward: string;
  readonly weight: number;
  readonly calibration: Calibration;
  readonly tolerance: number;
  readonly target: number;
}

const nameOf = ({ reward }: { readonly reward: string }): string => reward;

function* weighed(task: RewardTask<ConfigOf<'weighted'>, z.output<typeof options>>): Asking<Score[]> {
  const members = objectivesOf(task);
  const scores = yield* askAll(task, members.map(nameOf), task.candidates);
  const failed = (place: number) => scores.some((ofMember) => hasFailed(ofMember[place]!));
  // one that failed has no part in what is said of the others
  const usable = task.candidates.flatMap((_, place) => (failed(place) ? [] : [place]));
  const objectives = members.map((member, m): Objective => {
    const values = usable.map((place) => validValue(scores[m]![place]!));
    return { ...member, values: calibrate(values, member.calibration) };
  });
  const forAll = task.config.na_policy === 'for_all' || needsAll(task.config.rule);
  const counted = forAll ? applicableToAll(objectives) : objectives;
  const found = weigh(counted, task.config.rule, usable.length);
  const results = task.candidates.map((_, place): Score => memberFailed({ members: partsOf(place) }));
  for (const [order, place] of usable.entries()) {
    const detail = { members: partsOf(place, order) };
    const value = found[order];
    if (typeof value === 'number') results[place] = scored(value, detail);
    else results[place] = { ok: false, reason: value ?? NOT_APPLICABLE, detail };
  }
  return results;

  function partsOf(place: number, order?: number): Record<string, unknown> {
    const one = ({ reward, weight }: Member, m: number) => {
      const calibrated = order === undefined ? null : objectives[m]!.values[order]!;
      const leftOut = order !== undefined && !counted.includes(objectives[m]!);
      return [reward, { ...part(scores[m]![place]!, calibrated), weight, ...(leftOut ? { left_out: true } : {}) }];
    };
    return Object.fromEntries(members.map(one));
  }
}

/** The reason of a score of something that a candidate does not have, and need not have. */
const NOT_APPLICABLE = 'not_applicable';

const hasFailed = (score: Score): boolean => validValue(score) === null && (score.ok || score.reason !== NOT_APPLICABLE);

/** Members as the request leaves them: one of weight 0 is not asked. */
function objectivesOf({ config, options: { weights = {} }, about }: Pick<Weighted, 'config' | 'options' | 'about'>): Member[] {
  const summed = config.rule === 'sum' || config.rule === 'pareto';
  return config.members
    .map((one) => ({
      ...one,
      weight: weights[one.reward] ?? one.weight,
      calibration: one.calibration ?? (summed ? defaultCalibration(about(one.reward).scale) : { map: 'none' as const }),
    }))
    .filter(({ weight }) => weight !== 0);
}

const comparesSet = (named: Weighted): boolean =>
  named.config.na_policy === 'for_all' ||
  needsAll(named.config.rule) ||
  objectivesOf(named).some(({ calibration }) => needsSet(calibration));
