import type { z } from 'zod';
import type { Config, Lookup } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { RewardUse } from '../../schemas/reward.ts';
import type { Calibration } from '../../schemas/rewards/calibration.ts';
import { named } from '../config/resolve.ts';
import type { Scale, Subject } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import { kindOf, namedReward, scaleOf, withMembers } from '../rewards/registry.ts';

/** Rewards of a request, looked up. */
export interface ReadRewards {
  readonly names: readonly string[];
  /** Part of each in the score that decides, by name, where the request says it. */
  readonly weights: Readonly<Record<string, number>>;
  /** Map of each into the score that decides, by name, where the request says it. */
  readonly shapings: Readonly<Record<string, Calibration>>;
  readonly options: RewardOptions;
}

/** Rewards by name, each one known and with options that its kind has read. @throws WinnowError that names the field */
export function readRewards(given: readonly RewardUse[], config: Config, param: string): ReadRewards {
  const names: string[] = [];
  const weights: Record<string, number> = {};
  const shapings: Record<string, Calibration> = {};
  const options: Record<string, unknown> = {};
  for (const [place, use] of given.entries()) {
    const field = `${param}[${place}]`;
    const { name, weight, shaping, ...said }: Said = typeof use === 'string' ? { name: use } : use;
    const entry = named(config.rewards, name, 'reward', field);
    if (names.includes(name))
      throw new WinnowError('invalid_value', `The reward ${quoted(name)} is named twice.`, { param: field });
    names.push(name);
    if (weight !== undefined) weights[name] = weight;
    if (shaping !== undefined) shapings[name] = shaping;
    options[name] = readOptions(kindOf(entry).options, said, field, entry.kind);
  }
  return { names, weights, shapings, options };
}

type Said = Exclude<RewardUse, string>;

function readOptions(schema: z.ZodType, said: unknown, param: string, kind: string): unknown {
  const result = schema.safeParse(said, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [param, ...issue!.path.map(String)].join('.');
  if (issue?.code === 'unrecognized_keys') {
    const message = `A reward of kind ${kind} has no ${issue.keys.map(quoted).join(', ')} in a request.`;
    throw new WinnowError('unknown_parameter', message, { param: `${param}.${issue.keys[0]}` });
  }
  throw new WinnowError('invalid_value', `${field}: ${issue!.message}`, { param: field });
}

/** What rewards are asked with. */
export interface About {
  readonly options: RewardOptions;
  readonly lookup: Lookup;
  readonly subject: Subject;
  /** Where the rewards stand in the body. */
  readonly param: string;
}

/** Refuses what a reward, or one that it is made of, cannot do here, before anything is spent. */
export function refuseUnableRewards(names: readonly string[], { options, lookup, subject, param }: About): void {
  for (const name of withMembers(names, lookup)) {
    const reward = namedReward(name, options, lookup);
    kindOf(reward.config).refuse(reward, subject, param);
  }
}

/** Calls that scoring so many candidates once by these makes at most: a reward that is made of others makes theirs. */
export function callsOf(names: readonly string[], candidates: number, about: Omit<About, 'param'>): number {
  const { options, lookup, subject } = about;
  return names.reduce((calls, name) => {
    const reward = namedReward(name, options, lookup);
    const kind = kindOf(reward.config);
    return calls + kind.readings(reward, subject, candidates) + callsOf(kind.members(reward.config), candidates, about);
  }, 0);
}

/** Alternatives that the log-probabilities of candidates must have for these rewards; undefined where none needs any. */
export function neededLogprobs(names: readonly string[], lookup: Lookup): number | undefined {
  const needed = withMembers(names, lookup).flatMap(
    (name) => kindOf(lookup.rewards[name]!).topLogprobs(lookup.rewards[name]!) ?? [],
  );
  return needed.length === 0 ? undefined : Math.max(...needed);
}

/** What the numbers of a reward are; `unknown` where none is in play. */
export const scoreOutput = (name: string | null, { options, lookup }: Pick<About, 'options' | 'lookup'>): Scale['output'] =>
  name === null ? 'unknown' : scaleOf(namedReward(name, options, lookup)).output;
