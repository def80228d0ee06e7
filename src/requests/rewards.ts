import type { Config, Reduction } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { RewardUse } from '../../schemas/reward.ts';
import { named } from '../config/resolve.ts';

/** A reward of a request, looked up. */
export interface NamedReward {
  readonly name: string;
  readonly reduction?: Reduction | undefined;
}

/** Rewards by name, each one known; one of them, until several can be made one. */
export function readRewards(given: readonly RewardUse[], config: Config, param: string): NamedReward[] {
  const rewards = given.map((use) => (typeof use === 'string' ? { name: use } : { name: use.name, reduction: use.reduction }));
  for (const [place, { name, reduction }] of rewards.entries()) {
    const { kind } = named(config.rewards, name, 'reward', `${param}[${place}]`);
    if (reduction === undefined || kind === 'process') continue;
    const message = `${quoted(name)} is a reward of kind ${kind}, which has no steps; a reduction goes with kind process.`;
    throw new WinnowError('invalid_value', message, { param: `${param}[${place}].reduction` });
  }
  if (rewards.length <= 1) return rewards;
  throw new WinnowError('unsupported_value', `${rewards.length} rewards were given; one is served.`, { param });
}

/** Reductions that the request asks for, by reward name. */
export const reductionsOf = (rewards: readonly NamedReward[]): Record<string, Reduction> =>
  Object.fromEntries(rewards.flatMap(({ name, reduction }) => (reduction ? [[name, reduction]] : [])));
