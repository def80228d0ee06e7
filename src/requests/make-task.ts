import type { Config, PolicyConfig } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import { answerSpan } from '../answers/extract.ts';
import { finishingReserve } from '../budget/fit.ts';
import type { Family, Strategy } from '../strategies/define.ts';
import { familyOf, strategies } from '../strategies/registry.ts';
import { withCombined } from './combined.ts';
import { judgeTokens } from './judge-tokens.ts';
import { fullLimits, refuseTooSmall, underCap } from './limits.ts';
import { namedModel } from './named-model.ts';
import {
  type Chosen,
  checkpointRewards,
  chooseEmbedder,
  chooseStepReward,
  instructed,
  lacking,
  refuseOfSets,
  refuseUnablePolicies,
  refuseUninstructed,
} from './needed.ts';
import { parseOptions } from './options.ts';
import { placeOf } from './placement.ts';
import { callsOf, neededLogprobs, readRewards, refuseUnableRewards, scoreOutput } from './rewards.ts';
import { chooseRule, refuseTooMany, ruleTokens } from './selection.ts';
import { joinSources, type Source } from './size.ts';
import { withSteps } from './step.ts';
import type { Named, Task, TaskRequest } from './task.ts';

/** Looks every name up, joins body, model string, recipe, policy and defaults, and refuses what cannot be served. */
export function makeTask(request: TaskRequest, given: Config, drawSeed: () => number): Task {
  const { model, recipe, config: preset } = namedModel(request.model, given);
  const config = withSteps(preset, model.policy, request.step, `${request.path}step`);
  const policy = config.policies[model.policy]!;
  const named: Named = { request, config, model, policy, recipe };
  const strategy = chooseStrategy(named);
  const size = joinSources(sources(named, strategy), strategy);
  const options = parseOptions(strategy, size.options, request.optionsPath);
  const sampling = fullSampling(named);
  const rewards = readRewards(request.rewards ?? recipe?.rewards ?? policy.rewards, config, `${request.path}rewards`);
  const oneByOne = strategy.family === 'best_of_n' ? null : strategy.name;
  const { names, lookup } = withCombined(rewards, config, { oneByOne, param: `${request.path}rewards` });
  const chosen: Chosen = { strategy, options, needs: strategy.needsOf(options) };
  const stepReward = chooseStepReward(named, chosen);
  const embedder = chooseEmbedder(named, chosen);
  refuseUninstructed(named, chosen);
  const topLogprobs = mostOf(request.sampling.logprobs, strategy.topLogprobs(options));
  refuseUnablePolicies(named, chosen, { sampling, topLogprobs });
  if (chosen.needs.reward && names.length === 0) throw lacking(strategy, 'a reward', `${request.path}rewards`);
  const seed = request.sampling.seed ?? policy.sampling.seed ?? drawSeed();
  const subject = { policy: model.policy, answer: policy.answer, references: request.references, seed };
  const about = { options: rewards.options, lookup, subject, param: `${request.path}rewards` };
  refuseUnableRewards([...names, ...(stepReward === null ? [] : [stepReward])], about);
  if (stepReward !== null) refuseOfSets(stepReward, strategy, { ...about, param: `${request.optionsPath}step_reward` });
  const ranking = [...(stepReward === null ? [] : [stepReward]), ...checkpointRewards(named, chosen, about)];
  const selection = chooseRule(named, strategy, { rewards: names, stepReward, options: rewards.options, lookup, subject });
  capCount(options, size.options.n !== undefined, config.caps.max_n, `${request.optionsPath}n`);
  const boundOf = (calls: number) => strategy.bound(options, sampling.max_tokens, calls);
  const calls = callsOf(names, boundOf(0).candidates, about);
  const bound = boundOf(calls);
  const callsEach = Math.max(1, ...ranking.map((name) => callsOf([name], bound.candidates, about))); // of one ranking
  const judged = judgeTokens(rewards.names, bound.candidates, about) + ruleTokens(selection, bound.candidates, about);
  const { limits, warnings } = fullLimits(size.budget, sampling, config.caps, `${request.path}budget`, judged);
  const reserveOf = (tokens: number) => (strategy.family === 'search' ? finishingReserve(tokens, policy.typical_tokens) : 0);
  const beginning = { stepwise: chosen.needs.steps === true, reserveOf };
  refuseTooSmall(limits, policy, sampling, beginning, `${request.path}budget`);
  if (strategy.rounds === 'one') refuseTooMany(bound.candidates, selection, `${request.optionsPath}n`);
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
      topLogprobs: mostOf(topLogprobs, neededLogprobs(names, lookup), selection.topLogprobs),
      rewards: names,
      stepReward,
      stepOutput: scoreOutput(stepReward, about) === 'logit' ? 'logit' : 'probability',
      embedder,
      wrongBelow: policy.wrong_below,
      rewardOutput: scoreOutput(names[0] ?? null, about),
      answerSpan: (text) => answerSpan(text, policy.answer),
      seed,
    },
    selection,
    limits,
    finishingReserve: reserveOf(limits.max_tokens),
    seed,
    lookup,
    rewardOptions: rewards.options,
    subject,
    ranking,
    place: placeOf({
      asked: request.execution,
      rounds: strategy.rounds,
      policies: [model.policy, ...instructed(named, chosen).map(({ name }) => name)],
      rewards: [...names, ...ranking],
      lookup,
      param: `${request.path}execution`,
    }),
    shownLogprobs: request.sampling.logprobs,
    returns: request.returns,
    bound: {
      candidates: Math.min(bound.candidates, limits.max_candidates),
      tokens: Math.min(bound.tokens + judged, limits.max_tokens),
      scoreCalls: calls + (bound.scoreCalls - calls) * callsEach,
    },
    warnings,
  };
}

/** The most that anyone needs; undefined where nobody needs any. */
function mostOf(...numbers: (number | undefined)[]): number | undefined {
  const given = numbers.filter((number) => number !== undefined);
  return given.length === 0 ? undefined : Math.max(...given);
}

/** `n` under its cap: what was asked for is refused above it, a default is lowered to it. */
function capCount(options: Record<string, unknown>, asked: boolean, cap: number, param: string): void {
  if (typeof options.n !== 'number') return;
  if (asked) underCap(options.n, cap, param, 'caps.max_n');
  else options.n = Math.min(options.n, cap);
}

function chooseStrategy({ request, model, policy, recipe }: Named): Strategy {
  const served = request.family === 'any' ? strategies : familyOf(request.family);
  const name = request.strategy ?? model.strategy ?? recipe?.strategy ?? defaultStrategy(request.family, policy);
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

/** Body, model string and recipe, the highest first. A source that names another strategy has nothing to say on this one. */
function sources({ request, model, recipe }: Named, strategy: Strategy): Source[] {
  return [
    { budget: request.budget, options: request.options, path: request.optionsPath },
    ...(model.strategy === strategy.name ? [{ budget: model.budget, options: {}, path: '' }] : []),
    ...(recipe?.strategy === strategy.name ? [{ budget: recipe.budget, options: recipe.options, path: 'options.' }] : []),
  ];
}

function fullSampling({ request: { sampling: given, maxTokensParam }, policy: { sampling: usual }, config }: Named): Sampling {
  const stop = given.stop ?? usual.stop ?? [];
  const sampling = {
    temperature: given.temperature ?? usual.temperature,
    top_p: given.top_p ?? usual.top_p,
    top_k: given.top_k ?? usual.top_k,
    min_p: given.min_p ?? usual.min_p,
    max_tokens: given.max_tokens ?? usual.max_tokens,
    stop: typeof stop === 'string' ? [stop] : stop,
  };
  underCap(sampling.max_tokens, config.caps.max_tokens, maxTokensParam, 'caps.max_tokens');
  return sampling;
}
