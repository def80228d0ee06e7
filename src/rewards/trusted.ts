import { z } from 'zod';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import type { Score } from '../operation.ts';
import type { ConfigOf, Named } from './define.ts';
import { defineReward } from './define.ts';
import { askAll, dependenceOn, intoProbability, memberFailed, part, probabilities, refuseUnbounded, scored } from './members.ts';
import { meansOf, trust } from './trust.ts';

type Trusted = ConfigOf<'trusted'>;
const options = z.strictObject({ alpha: z.number().min(0).max(1).optional().describe('Weight of a judge that is trusted.') });

/**
 * Outcome + trust x alpha x judge: a judge that rates wrong candidates of the set above right ones counts for less.
 * `detail` has both scores and the trust (methods B.9).
 */
export const trusted = defineReward({
  kind: 'trusted',
  title: 'An outcome reward, and a soft judge as far as it can be trusted beside it.',
  options,
  dependsOn: ({ config, about }) => dependenceOn(about, namesOf(config), true),
  scale: ({ config, options: { alpha = config.alpha } }) => ({ output: 'unknown', range: [0, 1 + alpha] }),
  cost: 'what its outcome reward and its judge cost',
  members: namesOf,
  refuse({ name, config, about }, _subject, param) {
    for (const [m, given] of calibrationsGiven(config).entries()) {
      const member = namesOf(config)[m]!;
      refuseUnbounded(name, member, given, about(member), param);
    }
  },
  *score(task) {
    const {
      config,
      candidates,
      options: { alpha = config.alpha },
    } = task;
    const scores = yield* askAll(task, namesOf(config), candidates);
    const maps = calibrationsOf(task);
    const [outcomes, opinions] = scores.map((given, m) => probabilities(given, maps[m]!));
    const judged = candidates.flatMap((_, place) => {
      const [outcome, opinion] = [outcomes![place]!, opinions![place]!];
      return outcome === null || opinion === null ? [] : [{ outcome, opinion }];
    });
    const means = meansOf(judged);
    const gamma = trust(means ?? config.estimate ?? null);
    const rest = judged.values();
    return candidates.map((_, place): Score => {
      const [outcome, judge] = scores.map((given, m) => part(given[place]!, [outcomes, opinions][m]![place]!));
      const detail = { outcome, judge, trust: gamma, ...(means ? { means } : {}) };
      if (outcomes![place] === null || opinions![place] === null) return memberFailed(detail);
      const { outcome: right, opinion } = rest.next().value!;
      return scored(right + gamma * alpha * opinion, detail);
    });
  },
});

function namesOf({ outcome, judge }: Trusted): string[] {
  return [outcome, judge];
}

const calibrationsGiven = (config: Trusted): (Calibration | undefined)[] => [
  config.outcome_calibration,
  config.judge_calibration,
];

const calibrationsOf = ({ config, about }: Pick<Named<Trusted, unknown>, 'config' | 'about'>): Calibration[] =>
  calibrationsGiven(config).map((given, m) => intoProbability(given, about(namesOf(config)[m]!)));
