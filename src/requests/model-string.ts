import type { Config } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { strategyNamed } from '../strategies/registry.ts';

/** `POLICY`, `RECIPE` or `POLICY@STRATEGY[:INTEGER]`, taken apart. */
export interface ModelString {
  /** As it was given, for the answer. */
  readonly given: string;
  readonly policy: string;
  readonly recipe: string | undefined;
  readonly strategy: string | undefined;
  /** The integer budget. */
  readonly budget: number | undefined;
}

const bad = (message: string): WinnowError => new WinnowError('invalid_value', message, { param: 'model' });

export function readModel(given: string | undefined, config: Config): ModelString {
  const string = given ?? config.default_policy;
  const [name = '', ...suffixes] = string.split('@');
  if (suffixes.length > 1) throw bad(`${quoted(string)} has more than one @. Allowed: POLICY@STRATEGY:INTEGER.`);
  const recipe = Object.hasOwn(config.recipes, name) ? name : undefined;
  const policy = recipe === undefined ? name : config.recipes[recipe]!.model;
  if (!Object.hasOwn(config.policies, policy)) throw unknown(name, config);
  const suffix = suffixes[0];
  if (suffix === undefined) return { given: string, policy, recipe, strategy: undefined, budget: undefined };
  if (recipe !== undefined) throw bad(`${quoted(name)} is a recipe, which has its strategy already; @ goes after a policy.`);
  return { given: string, policy, recipe, ...readSuffix(suffix) };
}

function readSuffix(suffix: string): { strategy: string; budget: number | undefined } {
  const [strategy = '', integer, ...more] = suffix.split(':');
  if (!strategyNamed(strategy)) {
    throw new WinnowError('unsupported_value', `No strategy is named ${quoted(strategy)}. See /v1/strategies.`, {
      param: 'model',
    });
  }
  if (integer === undefined) return { strategy, budget: undefined };
  const budget = /^\d{1,3}$/.test(integer) ? Number(integer) : 0;
  if (more.length > 0 || budget < 1 || budget > 256)
    throw bad(`The budget ${quoted(suffix.slice(strategy.length + 1))} is not an integer from 1 to 256.`);
  return { strategy, budget };
}

function unknown(name: string, { policies, recipes, rewards }: Config): WinnowError {
  const known = `Policies: ${Object.keys(policies).join(', ')}. Recipes: ${Object.keys(recipes).join(', ') || 'none'}.`;
  const reward = Object.hasOwn(rewards, name) ? ' It is a reward: /v1/score and /v1/rerank take it.' : '';
  return new WinnowError('model_not_found', `No policy or recipe is named ${quoted(name)}.${reward} ${known}`, {
    param: 'model',
  });
}
