/** The packaged config with one reward of each kind that reads the embedded models, for the table of rules and rewards. */
import { packagedConfig } from '../../config.ts';
import type { Task } from '../problems.ts';

const process = { kind: 'process', backend: 'local', model: 'puzzle-process', output: 'probability' };
const both = ['outcome', 'process'];
const zscored = both.map((reward) => ({ reward, calibration: 'zscore' }));

/** Each with the tasks that it can score: who agrees with the others can be told only where there is an answer. */
const rewards = {
  process_min: { ...process, reduction: 'min' },
  process_mean: { ...process, reduction: 'mean' },
  process_prod: { ...process, reduction: 'prod' },
  process_geo: { ...process, reduction: 'geo' },
  process_meanlogit: { ...process, reduction: 'meanlogit' },
  ensemble_mean: { kind: 'ensemble', members: zscored, rule: 'mean' },
  ensemble_min: { kind: 'ensemble', members: zscored, rule: 'min' },
  ensemble_lcb: { kind: 'ensemble', members: zscored, rule: 'lcb' },
  ensemble_uwo: { kind: 'ensemble', members: zscored, rule: 'uwo' },
  rank_sum: { kind: 'weighted', members: both, rule: 'rank_sum' },
  trusted: { kind: 'trusted', outcome: 'outcome', judge: 'process' },
  implicit: {
    kind: 'implicit',
    backend: 'local',
    model: 'puzzle-policy',
    reference_model: 'puzzle-reference',
    normalize: 'tokens',
  },
  self_certainty: { kind: 'certainty', quantity: 'self_certainty' },
  entropy: { kind: 'certainty', quantity: 'entropy' },
  self_consistency: { kind: 'self_consistency' },
  length: { kind: 'expression', expression: { var: 'characters' } },
};

/** Names of the rewards of a task, the packaged ones first. */
export const rewardsOf = (task: Task): string[] =>
  [...both, ...Object.keys(rewards)].filter((name) => task === 'chains' || name !== 'self_consistency');

/** The packaged config with all of them. */
export function catalogueConfig(): object {
  const packaged = packagedConfig();
  return { ...packaged, rewards: { ...packaged.rewards, ...rewards } };
}
