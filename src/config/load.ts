import type { z } from 'zod';
import { type BackendConfig, type Config, type PolicyConfig, type RecipeConfig, config as schema } from '../../schemas/config.ts';
import type { RewardUse } from '../../schemas/reward.ts';
import { patternProblem } from '../answers/re2.ts';
import { stepPatternProblem } from '../answers/steps.ts';
import { COMBINED, kindOf, namedReward, withMembers } from '../rewards/registry.ts';
import { ruleSchema } from '../selection/registry.ts';
import { strategyNamed } from '../strategies/registry.ts';
import { stepProblem } from './step.ts';

/** A config that cannot be run: which field, what was given, what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Checks winnow.config.json: each field by itself, then that every name points at something. */
export function loadConfig(json: unknown): Config {
  const result = schema.safeParse(json, { reportInput: true });
  if (!result.success) throw new ConfigError(result.error.issues.map(describe).join('\n'));
  const problems = [...dangling(result.data)];
  if (problems.length === 0) problems.push(...faulty(result.data));
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return result.data;
}

const describe = (issue: z.core.$ZodIssue): string =>
  `winnow.config.json: ${issue.path.join('.') || '(top)'}: ${issue.message}${issue.input === undefined ? '' : `; given ${JSON.stringify(issue.input)}`}`;

/** Every name that points at nothing, as a sentence. */
function* dangling(config: Config): Generator<string> {
  const { policies, rewards, backends, recipes } = config;
  yield* missing('default_policy', config.default_policy, policies);
  for (const [name, policy] of Object.entries(policies)) {
    yield* missing(`policies.${name}.backend`, policy.backend, backends);
    yield* unaccepted(name, policy, backends[policy.backend]);
    const problem = policy.answer?.pattern === undefined ? null : patternProblem(policy.answer.pattern);
    if (problem !== null) yield `winnow.config.json: policies.${name}.answer.pattern: ${problem}`;
    const ending = stepPatternProblem(policy.step);
    if (ending !== null) yield `winnow.config.json: policies.${name}.step.pattern: ${ending}`;
    yield* unfitRewards(`policies.${name}.rewards`, policy.rewards, rewards);
    if (policy.process_reward === null) continue;
    yield* missing(`policies.${name}.process_reward`, policy.process_reward, rewards);
    const kind = rewards[policy.process_reward]?.kind;
    if (kind && kind !== 'process')
      yield `winnow.config.json: policies.${name}.process_reward: "${policy.process_reward}" is a reward of kind ${kind}; only kind process scores steps.`;
  }
  for (const [name, reward] of Object.entries(rewards)) {
    if ('backend' in reward) yield* missing(`rewards.${name}.backend`, reward.backend, backends);
    if ('policy' in reward && typeof reward.policy === 'string')
      yield* missing(`rewards.${name}.policy`, reward.policy, policies);
    for (const member of kindOf(reward).members(reward)) yield* missing(`rewards.${name}`, member, rewards);
    const asked = kindOf(reward)
      .members(reward)
      .filter((member) => Object.hasOwn(rewards, member));
    if (withMembers(asked, config).includes(name)) yield `winnow.config.json: rewards.${name} is made of itself.`;
    if (name === COMBINED) yield `winnow.config.json: rewards.${name}: that is the name of the score that several rewards make.`;
  }
  for (const [name, recipe] of Object.entries(recipes)) {
    yield* missing(`recipes.${name}.model`, recipe.model, policies);
    yield* unfitRewards(`recipes.${name}.rewards`, recipe.rewards ?? [], rewards);
    if (Object.hasOwn(policies, name)) yield `winnow.config.json: recipes.${name}: a policy has that name already.`;
    yield* unfit(`recipes.${name}`, recipe);
    const steps = policies[recipe.model]?.step;
    const problem = steps && recipe.step ? stepProblem(steps, recipe.step) : null;
    if (problem) yield `winnow.config.json: recipes.${name}.step.${problem.member}: ${problem.message}`;
  }
}

/** What only the kind of a reward can tell; asked once every name leads somewhere. */
function* faulty(config: Config): Generator<string> {
  for (const [name, reward] of Object.entries(config.rewards))
    for (const fault of kindOf(reward).faults(namedReward(name, {}, config)))
      yield `winnow.config.json: rewards.${name}: ${fault}`;
}

/** Defaults of a policy that its server does not take: every request would be refused. */
function* unaccepted(name: string, { sampling, backend }: PolicyConfig, entry: BackendConfig | undefined): Generator<string> {
  if (entry?.kind !== 'openai') return;
  for (const key of ['top_k', 'min_p'] as const) {
    if (sampling[key] === 0 || entry.accepts.includes(key)) continue;
    yield `winnow.config.json: policies.${name}.sampling.${key} is ${sampling[key]}, and backends.${backend}.accepts has no "${key}".`;
  }
}

/** Rewards as a request names them: each known and named once, its options those of its kind, and one with a weight. */
function* unfitRewards(field: string, uses: readonly RewardUse[], rewards: Config['rewards']): Generator<string> {
  const read = uses.map((use) => (typeof use === 'string' ? { name: use } : use));
  for (const [place, { name, weight: _, shaping: __, ...said }] of read.entries()) {
    const at = `${field}[${place}]`;
    yield* missing(at, name, rewards);
    if (read.findIndex((one) => one.name === name) < place) yield `winnow.config.json: ${at}: "${name}" is named twice.`;
    if (Object.hasOwn(rewards, name)) yield* wrong(at, kindOf(rewards[name]!).options, said);
  }
  if (read.length > 0 && read.every(({ weight = 1 }) => weight === 0)) yield `winnow.config.json: ${field}: all weights are 0.`;
}

/** What a recipe says to its strategy and its rule, checked by their own schemas. */
function* unfit(field: string, { strategy: name, options, budget, selection }: RecipeConfig): Generator<string> {
  const strategy = strategyNamed(name);
  if (!strategy) return yield `winnow.config.json: ${field}.strategy: no strategy is named "${name}".`;
  const width = typeof budget === 'number' ? strategy.width(budget) : {};
  for (const [key, value] of Object.entries(width)) {
    if (options[key] === undefined || options[key] === value) continue;
    yield `winnow.config.json: ${field}.options.${key} is ${JSON.stringify(options[key])}, and budget ${budget} means ${JSON.stringify(value)}.`;
  }
  yield* wrong(`${field}.options`, strategy.options, { ...options, ...width });
  if (selection !== undefined) yield* wrong(`${field}.selection`, ruleSchema, selection);
}

function* wrong(field: string, schema: z.ZodType, given: unknown): Generator<string> {
  const result = schema.safeParse(given, { reportInput: true });
  for (const issue of result.error?.issues ?? []) yield describe({ ...issue, path: [field, ...issue.path] });
}

function* missing(field: string, name: string, known: Readonly<Record<string, unknown>>): Generator<string> {
  if (Object.hasOwn(known, name)) return;
  yield `winnow.config.json: ${field}: nothing is named "${name}". Known: ${Object.keys(known).join(', ') || 'none'}.`;
}
