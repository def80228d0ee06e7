import type { Config, RewardConfig } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import { refuseUnable } from '../backends/registry.ts';
import { named as entryNamed } from '../config/resolve.ts';
import { refuseUnread } from '../rewards/model-needs.ts';
import type { Embedding } from '../rewards/read-vectors.ts';
import { dependenceOf, namedReward } from '../rewards/registry.ts';
import type { Needs, Strategy } from '../strategies/define.ts';
import type { About } from './rewards.ts';
import { refuseUnableRewards } from './rewards.ts';
import type { Named, Task } from './task.ts';

/** A strategy with its options, and what it needs with these. */
export interface Chosen {
  readonly strategy: Strategy;
  readonly options: Task['options'];
  readonly needs: Needs;
}

/** Kinds that score a prefix: by its steps, or as the text that it is. */
const STEPS: readonly RewardConfig['kind'][] = ['process'];
const BEGINNINGS: readonly RewardConfig['kind'][] = ['process', 'classifier', 'similarity', 'tensor'];

/** The reward that ranks prefixes; null where the strategy needs none. @throws WinnowError where none fits */
export function chooseStepReward({ request, policy, config }: Named, { strategy, options, needs }: Chosen): string | null {
  if (!needs.stepReward) return null;
  const given = options.step_reward;
  const name = typeof given === 'string' ? given : policy.process_reward;
  const param = `${request.optionsPath}step_reward`;
  if (name === null) throw lacking(strategy, 'a process reward', param);
  refuseUnfit(name, needs.stepReward === true ? STEPS : BEGINNINGS, strategy, config, param);
  return name;
}

/** Rewards that rank beginnings, each by its own name: whether they are there and fit. */
export function checkpointRewards({ request, config }: Named, { strategy, needs }: Chosen, about: About): readonly string[] {
  const names = needs.checkpointRewards ?? [];
  for (const [place, name] of names.entries()) {
    const param = `${request.optionsPath}checkpoint_rewards[${place}]`;
    refuseUnfit(name, BEGINNINGS, strategy, config, param);
    refuseUnableRewards([name], { ...about, param });
    refuseOfSets(name, strategy, { ...about, param });
  }
  return names;
}

function refuseUnfit(
  name: string,
  kinds: readonly RewardConfig['kind'][],
  strategy: Strategy,
  { rewards }: Config,
  param: string,
): void {
  const { kind } = entryNamed(rewards, name, 'reward', param);
  if (kinds.includes(kind)) return;
  const message = `${quoted(name)} is a reward of kind ${kind}; ${strategy.name} needs one of kind ${kinds.join(' or ')}.`;
  throw new WinnowError('capability_missing', message, { param });
}

/** What is dropped early is not there later: a number that depends on the others cannot be compared between rounds. */
export function refuseOfSets(name: string, strategy: Strategy, { options, lookup, param }: About): void {
  if (dependenceOf(namedReward(name, options, lookup)) !== 'set') return;
  const message = `The scores of ${quoted(name)} depend on the other candidates, and ${strategy.name} compares them between rounds.`;
  throw new WinnowError('capability_missing', message, { param });
}

/** Whose model turns texts into vectors; null where the strategy needs none. Of the reward only the model is used. */
export function chooseEmbedder({ request, config }: Named, { strategy, options, needs }: Chosen): Embedding | null {
  if (!needs.embedder) return null;
  const param = `${request.optionsPath}embedder`;
  if (typeof options.embedder !== 'string')
    throw new WinnowError(
      'capability_missing',
      `${strategy.name} compares texts here, and nothing says by which model; name a reward of kind similarity as embedder.`,
      { param },
    );
  const entry = entryNamed(config.rewards, options.embedder, 'reward', param);
  if (entry.kind !== 'similarity') {
    const message = `${quoted(options.embedder)} is a reward of kind ${entry.kind}; ${strategy.name} needs one of kind similarity to embed texts.`;
    throw new WinnowError('capability_missing', message, { param });
  }
  refuseUnread({ name: options.embedder, lookup: config }, entry.backend, 'embed', param);
  return { name: options.embedder, config: entry };
}

/** What the servers behind the policies cannot do: a strategy may need more of them than whole answers. */
export function refuseUnablePolicies(
  named: Named,
  chosen: Chosen,
  asked: { readonly sampling: Sampling; readonly topLogprobs: number | undefined },
): void {
  const { strategy, needs } = chosen;
  const { request, policy, config, model } = named;
  const wanted = {
    ...asked,
    prompt: request.prompt,
    continuation: needs.continuation === true,
    steps: needs.steps === true ? policy.step : undefined,
  };
  const inSampling = request.maxTokensParam.startsWith('sampling.') ? 'sampling.' : '';
  const pathOf = (param: string) => {
    if (param.startsWith('step.')) return `${request.path}${param}`;
    return ['top_k', 'min_p', 'logprobs'].includes(param) ? `${inSampling}${param}` : param;
  };
  refuseUnable(config.backends[policy.backend]!, wanted, pathOf);
  // what a critic or a planner reads is always a message; they answer whole, and nothing more is asked
  const message = { ...wanted, prompt: { messages: [] }, topLogprobs: undefined, continuation: false, steps: undefined };
  // who refines and does not go on with a text of its own writes again, from a message
  const writers = strategy.family === 'critique_refine' && !needs.continuation ? [model.policy] : [];
  for (const { name, option } of instructed(named, chosen))
    for (const reader of [...writers, name])
      refuseUnable(config.backends[config.policies[reader]!.backend]!, message, (param) =>
        param === 'messages' ? `${request.optionsPath}${option}` : pathOf(param),
      );
}

/** What policies do that must follow instructions, by the option that names them. */
const instructions = { critic: 'criticise', planner: 'plan' } as const;

/** Policies that must follow instructions: those that the options name, or else the policy itself. */
export function instructed({ model }: Named, { options, needs }: Chosen) {
  const asked = (['critic', 'planner'] as const).filter((option) => needs[option]);
  return asked.map((option) => {
    const given = options[option];
    return { option, name: typeof given === 'string' ? given : model.policy };
  });
}

/** @throws WinnowError where one does not */
export function refuseUninstructed(named: Named, chosen: Chosen): void {
  const { request, config } = named;
  for (const { name, option } of instructed(named, chosen)) {
    const param = `${request.optionsPath}${option}`;
    if (entryNamed(config.policies, name, 'policy', param).instruct) continue;
    const message = `The policy ${quoted(name)} does not follow instructions, so it cannot ${instructions[option]}; name a ${option} with "instruct": true in the config.`;
    throw new WinnowError('capability_missing', message, { param });
  }
}

export const lacking = (strategy: Strategy, what: string, param: string): WinnowError =>
  new WinnowError('capability_missing', `${strategy.name} needs ${what}, and neither the request nor the policy names one.`, {
    param,
  });
