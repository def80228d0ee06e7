/** What a run cannot be begun with. The edge has refused it long before: who else asks is told what is wrong. */
import type { z } from 'zod';
import type { RunRequest } from '../schemas/backend-run.ts';
import type { Lookup } from '../schemas/config.ts';
import { quoted, WinnowError } from '../schemas/errors.ts';
import { stepPatternProblem } from '../src/answers/steps.ts';
import { kindOf, namedReward, withMembers } from '../src/rewards/registry.ts';
import type { Needs, Strategy } from '../src/strategies/define.ts';
import { strategyNamed } from '../src/strategies/registry.ts';

/** The strategy of a run, once all that the request says of it has been read. @throws WinnowError that names the field */
export function readStrategy(request: RunRequest, lookup: Lookup): Strategy {
  const { options, reward_options: said, rewards } = request;
  const strategy = strategyNamed(request.strategy);
  if (!strategy)
    throw new WinnowError('unsupported_value', `No strategy is named ${quoted(request.strategy)}.`, { param: 'strategy' });
  refuseUnread(strategy.options, options, 'options');
  for (const [name, { step }] of Object.entries(lookup.policies)) {
    const problem = stepPatternProblem(step);
    if (problem !== null) throw invalid(`policies.${name}.step.pattern`, problem);
  }
  refuseRewards(lookup);
  for (const [name, given] of Object.entries(said)) {
    known(lookup.rewards, name, 'reward_options');
    refuseUnread(kindOf(lookup.rewards[name]!).options, given, `reward_options.${name}`);
  }
  known(lookup.policies, request.policy, 'policy');
  for (const [place, name] of rewards.entries()) known(lookup.rewards, name, `rewards[${place}]`);
  refuseNeeds(request, strategy.needsOf(options), lookup);
  return strategy;
}

/** Entries that name others: each is there, and none is made of itself. */
function refuseRewards(lookup: Lookup): void {
  for (const [name, entry] of Object.entries(lookup.rewards)) {
    const param = `reward_entries.${name}`;
    if ('policy' in entry && typeof entry.policy === 'string') known(lookup.policies, entry.policy, `${param}.policy`);
    const members = kindOf(entry).members(entry);
    for (const member of members) known(lookup.rewards, member, param);
    if (withMembers(members, lookup).includes(name)) throw invalid(param, `${quoted(name)} is made of itself.`);
  }
  for (const [name, entry] of Object.entries(lookup.rewards)) {
    const [fault] = kindOf(entry).faults(namedReward(name, {}, lookup)); // asked once every name leads somewhere
    if (fault !== undefined) throw invalid(`reward_entries.${name}`, fault);
  }
}

/** What a strategy counts on: without it, it would break off in the middle. */
function refuseNeeds(request: RunRequest, needs: Needs, { policies, rewards }: Lookup): void {
  const { step_reward: stepReward, embedder, options } = request;
  if (stepReward !== null) known(rewards, stepReward, 'step_reward');
  else if (needs.stepReward) throw lacking(request, 'a reward that ranks', 'step_reward');
  if (embedder !== null) known(rewards, embedder, 'embedder');
  if (needs.embedder && (embedder === null || rewards[embedder]!.kind !== 'similarity'))
    throw lacking(request, 'a reward of kind similarity', 'embedder');
  if (needs.reward && request.rewards.length === 0) throw lacking(request, 'a reward', 'rewards');
  for (const [place, name] of (needs.checkpointRewards ?? []).entries())
    known(rewards, name, `options.checkpoint_rewards[${place}]`);
  for (const reader of ['critic', 'planner'] as const) {
    const name = options[reader];
    if (typeof name === 'string') known(policies, name, `options.${reader}`);
  }
}

function known(entries: Readonly<Record<string, unknown>>, name: string, param: string): void {
  if (Object.hasOwn(entries, name)) return;
  throw invalid(param, `${param} names ${quoted(name)}, which has no entry in the request.`);
}

function refuseUnread(schema: z.ZodType, given: unknown, param: string): void {
  const result = schema.safeParse(given, { reportInput: true });
  if (result.success) return;
  const [issue] = result.error.issues;
  const field = [param, ...issue!.path.map(String)].join('.');
  throw invalid(field, `${field}: ${issue!.message}`);
}

const invalid = (param: string, message: string): WinnowError => new WinnowError('invalid_value', message, { param });

const lacking = ({ strategy }: RunRequest, what: string, param: string): WinnowError =>
  new WinnowError('invalid_value', `${strategy} needs ${what}, and the request names none.`, { param });
