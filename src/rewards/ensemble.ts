import { z } from 'zod';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import { ensembleRule } from '../../schemas/rewards/ensemble.ts';
import type { Asking, Prefix, Score } from '../operation.ts';
import type { Values } from './calibration.ts';
import { calibrate, calibratedScale, needsSet } from './calibration.ts';
import type { ConfigOf, Named, RewardTask } from './define.ts';
import { defineReward } from './define.ts';
import type { EnsembleSettings } from './ensemble-rules.ts';
import { combine, ensembleScale } from './ensemble-rules.ts';
import { askAll, dependenceOn, part, scored, validValue } from './members.ts';

const options = z.strictObject({
  rule: ensembleRule.optional().describe('In place of the rule of the config (methods B.1).'),
  k: z.number().min(0).max(4).optional().describe('Deviations that `lcb` takes off.'),
  lambda: z.number().min(0).max(4).optional().describe('Variances that `uwo` takes off.'),
});
type Ensemble = Pick<Named<ConfigOf<'ensemble'>, z.output<typeof options>>, 'config' | 'options' | 'about'>;

/**
 * Several rewards that measure one thing: what one of them is fooled by, the others are not. `detail` has each member's
 * score, how much they disagree, and `partial` where some are missing (methods B.1).
 */
export const ensemble = defineReward({
  kind: 'ensemble',
  title: 'One number of several rewards that measure the same thing.',
  options,
  dependsOn: (named) => dependenceOn(named.about, namesOf(named.config), calibrationsOf(named).some(needsSet)),
  scale: (named) => ensembleScale(scalesOf(named), settingsOf(named)),
  cost: 'what its members cost',
  members: namesOf,
  *score(task) {
    const names = namesOf(task.config);
    const { scores, values } = yield* memberScores(task, task.candidates);
    return task.candidates.map((_, place) => {
      const ofCandidate = values.map((ofMember) => ofMember[place]!);
      const members = Object.fromEntries(names.map((name, m) => [name, part(scores[m]![place]!, ofCandidate[m]!)]));
      return combined(ofCandidate, members, task);
    });
  },
});

/** What each member says of the candidates, and that on the ensemble's own scale: [member][candidate]. */
export function* memberScores(
  task: Pick<RewardTask<ConfigOf<'ensemble'>, unknown>, 'config' | 'about' | 'prompt'>,
  candidates: readonly Prefix[],
): Asking<{ readonly scores: readonly (readonly Score[])[]; readonly values: readonly Values[] }> {
  const scores = yield* askAll(task, namesOf(task.config), candidates);
  const calibrations = calibrationsOf(task);
  return { scores, values: scores.map((ofMember, m) => calibrate(ofMember.map(validValue), calibrations[m]!)) };
}

function combined(values: readonly (number | null)[], members: Readonly<Record<string, unknown>>, named: Ensemble): Score {
  const found = combine(values, settingsOf(named), named.config.min_models);
  if (!found) return { ok: false, reason: 'too_few_models', detail: { members } };
  const { value, disagreement, partial } = found;
  return scored(value, { members, disagreement, ...(partial ? { partial } : {}) });
}

function namesOf({ members }: ConfigOf<'ensemble'>): string[] {
  return members.map(({ reward }) => reward);
}

function settingsOf({ config, options }: Ensemble): EnsembleSettings {
  const { rule = config.rule, k = config.k, lambda = config.lambda } = options;
  return { rule, k, lambda };
}

/** One scale for all: where one is no probability, a member without a calibration of its own counts by its place in the set. */
function calibrationsOf({ config: { members }, about }: Pick<Ensemble, 'config' | 'about'>): Calibration[] {
  const alike = members.every(
    ({ reward, calibration = { map: 'none' } }) => calibratedScale(about(reward).scale, calibration).output === 'probability',
  );
  return members.map(({ calibration }) => calibration ?? { map: alike ? 'none' : 'zscore' });
}

const scalesOf = (named: Ensemble) =>
  calibrationsOf(named).map((map, m) => calibratedScale(named.about(named.config.members[m]!.reward).scale, map));
