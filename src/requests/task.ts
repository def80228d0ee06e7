import type { Prompt } from '../../schemas/backend.ts';
import type { BudgetRequest, FullLimits } from '../../schemas/budget.ts';
import type { Config, PolicyConfig, Reduction } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { RewardUse } from '../../schemas/reward.ts';
import type { Returns } from '../../schemas/run.ts';
import type { Sampling, SamplingRequest } from '../../schemas/sampling.ts';
import { extract } from '../answers/extract.ts';
import { finishingReserve } from '../budget/fit.ts';
import { named } from '../config/resolve.ts';
import type { Bound, Family, Strategy, StrategyTask } from '../strategies/define.ts';
import { familyOf, strategies } from '../strategies/registry.ts';
import { fullLimits, refuseTooSmall, underCap } from './limits.ts';
import type { ModelString } from './model-string.ts';
import { readModel } from './model-string.ts';
import { parseOptions } from './options.ts';
import type { ChosenRule } from './selection.ts';
import { chooseRule } from './selection.ts';
import type { Place } from './size.ts';
import { joinPlaces } from './size.ts';

/** What every route makes of its body: names as they were given, sampling in native names. */
export interface TaskRequest {
  readonly model: string | undefined;
  readonly prompt: Prompt;
  readonly sampling: SamplingRequest;
  /** The route's family; chat takes any. */
  readonly family: Family | 'any';
  readonly strategy: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  readonly rewards: readonly RewardUse[] | undefined;
  readonly selection: unknown;
  readonly budget: BudgetRequest | undefined;
  readonly returns: Returns;
  /** Where the members of scaling stand in the body: empty, or `winnow.`. */
  readonly path: string;
  /** Where the options stand in the body: `options.`, or empty for best-of-N's own route. */
  readonly optionsPath: string;
}

/** A parsed request whose names are entries, whose limits are under their caps, and whose refusals are behind it. */
export interface Task {
  /** The model string as it was given. */
  readonly model: string;
  readonly policyName: string;
  readonly policy: PolicyConfig;
  readonly strategy: Strategy;
  /** As the strategy's schema leaves them, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly forStrategy: StrategyTask;
  readonly selection: ChosenRule;
  readonly limits: FullLimits;
  readonly finishingReserve: number;
  readonly seed: number;
  readonly reductions: Readonly<Record<string, Reduction>>;
  readonly returns: Returns;
  readonly bound: Bound;
  readonly warnings: readonly string[];
}

/** Looks every name up, joins body, model string, recipe, policy and defaults, and refuses what cannot be served. */
export function makeTask(request: TaskRequest, config: Config, drawSeed: () => number): Task {
  const model = readModel(request.model, config);
  const policy = config.policies[model.policy]!;
  const strategy = chooseStrategy(request, model, policy, config);
  const size = joinPlaces(places(request, model, strategy, config), strategy);
  const options = parseOptions(strategy, size.options, request.optionsPath);
  const sampling = fullSampling(request, policy, config);
  const rewards = chooseRewards(request, model, policy, config);
  const names = rewards.map(({ name }) => name);
  const stepReward = chooseStepReward(strategy, options, policy, config, request.optionsPath);
  refuseWithoutCritic(strategy, options, model.policy, config, request.optionsPath);
  if (strategy.needs.reward && names.length === 0) throw lacking(strategy, 'a reward', `${request.path}rewards`);
  const { limits, warnings } = fullLimits(size.budget, sampling, config.caps, `${request.path}budget`);
  if (typeof options.n === 'number') underCap(options.n, config.caps.max_n, `${request.optionsPath}n`, 'caps.max_n');
  refuseTooSmall(limits, policy, sampling, strategy.family === 'search', `${request.path}budget`);
  const reductions = Object.fromEntries(rewards.flatMap(({ name, reduction }) => (reduction ? [[name, reduction]] : [])));
  const bound = strategy.bound(options, sampling.max_tokens, names.length);
  return {
    model: model.given,
    policyName: model.policy,
    policy,
    strategy,
    options,
    forStrategy: {
      prompt: request.prompt,
      policy: model.policy,
      sampling,
      topLogprobs: request.sampling.logprobs,
      rewards: names,
      stepReward,
      wrongBelow: policy.wrong_below,
      answered: (text) => policy.answer !== null && extract(text, 'stop', policy.answer).ok,
    },
    selection: chooseRule(request, model, strategy, policy, names, stepReward, config, reductions),
    limits,
    finishingReserve: strategy.family === 'search' ? finishingReserve(limits.max_tokens, policy.typical_tokens) : 0,
    seed: request.sampling.seed ?? policy.sampling.seed ?? drawSeed(),
    reductions,
    returns: request.returns,
    bound: {
      candidates: Math.min(bound.candidates, limits.max_candidates),
      tokens: Math.min(bound.tokens, limits.max_tokens),
      scoreCalls: bound.scoreCalls,
    },
    warnings,
  };
}

function chooseStrategy(request: TaskRequest, model: ModelString, policy: PolicyConfig, config: Config): Strategy {
  const served = request.family === 'any' ? strategies : familyOf(request.family);
  const inRecipe = model.recipe === undefined ? undefined : config.recipes[model.recipe]!.strategy;
  const name = request.strategy ?? model.strategy ?? inRecipe ?? defaultStrategy(request.family, policy);
  const found = served.find((strategy) => strategy.name === name);
  if (found) return found;
  const param = request.strategy === undefined ? 'model' : `${request.path}strategy`;
  const message = `No strategy of this route is named ${quoted(name)}. Served: ${served.map((strategy) => strategy.name).join(', ')}.`;
  throw new WinnowError('unsupported_value', message, { param });
}

function defaultStrategy(family: Family | 'any', policy: PolicyConfig): string {
  switch (family) {
    case 'any':
    case 'best_of_n':
      return 'best_of_n';
    case 'search':
      return 'beam_search';
    case 'critique_refine':
      return policy.process_reward === null ? 'self_refine' : 'first_wrong_step';
  }
}

/** Body, model string and recipe, the highest first. A place that names another strategy has nothing to say on this one. */
function places(request: TaskRequest, model: ModelString, strategy: Strategy, config: Config): Place[] {
  const recipe = model.recipe === undefined ? undefined : config.recipes[model.recipe]!;
  return [
    { name: 'body', budget: request.budget, options: request.options, path: request.optionsPath },
    ...(model.strategy === strategy.name ? [{ name: 'model', budget: model.budget, options: {}, path: '' }] : []),
    ...(recipe?.strategy === strategy.name
      ? [{ name: 'recipe', budget: recipe.budget, options: recipe.options, path: 'options.' }]
      : []),
  ];
}

function fullSampling({ sampling: given }: TaskRequest, { sampling: usual }: PolicyConfig, { caps }: Config): Sampling {
  const stop = given.stop ?? usual.stop ?? [];
  const sampling = {
    temperature: given.temperature ?? usual.temperature,
    top_p: given.top_p ?? usual.top_p,
    top_k: given.top_k ?? usual.top_k,
    min_p: given.min_p ?? usual.min_p,
    max_tokens: given.max_tokens ?? usual.max_tokens,
    stop: typeof stop === 'string' ? [stop] : stop,
  };
  underCap(sampling.max_tokens, caps.max_tokens, 'sampling.max_tokens', 'caps.max_tokens');
  return sampling;
}

interface NamedReward {
  readonly name: string;
  readonly reduction?: Reduction | undefined;
}

function chooseRewards(request: TaskRequest, model: ModelString, policy: PolicyConfig, config: Config): NamedReward[] {
  const recipe = model.recipe === undefined ? undefined : config.recipes[model.recipe]!.rewards;
  return readRewards(request.rewards ?? recipe ?? policy.rewards, config, `${request.path}rewards`);
}

/** Rewards by name, each one known; one of them until the reward catalogue says how several become one. */
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

function chooseStepReward(
  strategy: Strategy,
  options: Readonly<Record<string, unknown>>,
  policy: PolicyConfig,
  config: Config,
  path: string,
): string | null {
  if (!strategy.needs.stepReward) return null;
  const given = options.step_reward;
  const name = typeof given === 'string' ? given : policy.process_reward;
  const param = `${path}step_reward`;
  if (name === null) throw lacking(strategy, 'a process reward', param);
  const { kind } = named(config.rewards, name, 'reward', param);
  if (kind === 'process') return name;
  throw new WinnowError(
    'capability_missing',
    `${quoted(name)} is a reward of kind ${kind}; ${strategy.name} needs one of kind process.`,
    { param },
  );
}

function refuseWithoutCritic(
  strategy: Strategy,
  options: Readonly<Record<string, unknown>>,
  policy: string,
  config: Config,
  path: string,
): void {
  if (!strategy.needs.critic) return;
  const critic = typeof options.critic === 'string' ? options.critic : policy;
  if (named(config.policies, critic, 'policy', `${path}critic`).instruct) return;
  const message = `The policy ${quoted(critic)} does not follow instructions, so it cannot criticise; name a critic with "instruct": true in the config.`;
  throw new WinnowError('capability_missing', message, { param: `${path}critic` });
}

const lacking = (strategy: Strategy, what: string, param: string): WinnowError =>
  new WinnowError('capability_missing', `${strategy.name} needs ${what}, and neither the request nor the policy names one.`, {
    param,
  });
