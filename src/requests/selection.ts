import type { AnswerConfig, Lookup } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { refuseUnable } from '../backends/registry.ts';
import { named as entryNamed } from '../config/resolve.ts';
import type { Subject } from '../rewards/define.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import { kindOf, namedReward } from '../rewards/registry.ts';
import type { Asked, SelectionContext } from '../selection/define.ts';
import { ruleSchema, startRule } from '../selection/registry.ts';
import type { Strategy } from '../strategies/define.ts';
import { refuseUnableRewards, scoreOutput } from './rewards.ts';
import type { ChosenRule, Named } from './task.ts';

/** What the choice of a rule depends on. */
export interface RuleNeeds {
  readonly answer: AnswerConfig | null;
  /** Rewards whose scores the candidates will have, the one that decides by default first. */
  readonly scored: readonly string[];
  readonly context: (reward: string | null) => SelectionContext;
  /** What rewards that the rule asks are told, and what the request says of them. */
  readonly subject: Subject;
  readonly rewardOptions: RewardOptions;
  readonly lookup: Lookup;
  /** Where the rule stands in the body. */
  readonly param: string;
}

/** A vote where answers can be read, weighted where there are scores, else the best score (api.md 1). */
const defaultRule = ({ answer, scored }: RuleNeeds): string =>
  answer === null ? 'argmax' : scored.length > 0 ? 'weighted_vote' : 'majority_vote';

/** Starts the rule that was asked for, and refuses what it lacks before anything is spent. */
export function readRule(given: unknown, needs: RuleNeeds): ChosenRule {
  const { rule: name, ...options } = ruleSchema.parse(given ?? defaultRule(needs)) as { readonly rule: string }; // each branch of the schema has it
  const rule = startRule(name, options);
  if (rule.reward !== undefined && !needs.scored.includes(rule.reward)) {
    const message = `The candidates have no score named ${quoted(rule.reward)}. Scores: ${needs.scored.join(', ') || 'none'}.`;
    throw new WinnowError('invalid_value', message, { param: `${needs.param}.reward` });
  }
  const reward = rule.reward ?? needs.scored[0] ?? null;
  if (rule.needs.answers && needs.answer === null)
    throw lacking(rule.name, 'an answer extractor, and the policy has none', needs.param);
  // argmax without a score is no contradiction: it is what is left where nothing else could decide, and it says so
  if (rule.needs.scores && reward === null && name !== 'argmax')
    throw lacking(name, 'a reward, and none is in play', needs.param);
  const context = needs.context(reward);
  rule.check(context);
  if (rule.needs.judge && context.prompt === undefined) {
    const message = `The selection ${name} asks a judge, who must know what the candidates answer. Give messages or prompt.`;
    throw new WinnowError('missing_required_parameter', message, { param: 'messages' });
  }
  const asked = rule.asks(context);
  if (asked) refuseUnableAsked(name, asked, needs);
  return { ...rule, options, reward, context };
}

const lacking = (rule: string, what: string, param: string): WinnowError =>
  new WinnowError('capability_missing', `The selection ${rule} needs ${what}.`, { param });

/** Whom the rule asks must be there, of the right kind, and able to do it. */
function refuseUnableAsked(rule: string, { policy, reward, option }: Asked, needs: RuleNeeds): void {
  const { lookup, subject, rewardOptions } = needs;
  const param = `${needs.param}.${option}`;
  if (policy) refuseUnableJudge(policy.name ?? subject.policy, lookup, param);
  if (!reward) return;
  const { name, kind } = reward;
  if (name === undefined) throw lacking(rule, `a reward of kind ${kind}, and the config has none`, param);
  const entry = entryNamed(lookup.rewards, name, 'reward', param);
  if (entry.kind !== kind) {
    const message = `${quoted(name)} is a reward of kind ${entry.kind}; ${rule} needs one of kind ${kind}.`;
    throw new WinnowError('capability_missing', message, { param });
  }
  // of one that is not asked for scores only the model is used
  if (reward.pairs) refuseUnableRewards([name], { options: rewardOptions, lookup, subject, param });
}

function refuseUnableJudge(policy: string, lookup: Lookup, param: string): void {
  const judge = entryNamed(lookup.policies, policy, 'policy', param);
  if (!judge.instruct) {
    const message = `The policy ${quoted(policy)} does not follow instructions, so it cannot judge; name a judge with "instruct": true in the config.`;
    throw new WinnowError('capability_missing', message, { param });
  }
  refuseUnable(lookup.backends[judge.backend]!, { ...PLAIN, prompt: { messages: [] } }, () => param);
}

/** A whole answer, drawn as the model has it: what any server can give. */
const PLAIN = {
  sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 1, stop: [] },
  topLogprobs: undefined,
  continuation: false,
  steps: undefined,
};

/** What scores a run's candidates will have. */
interface RunScores {
  readonly rewards: readonly string[];
  readonly stepReward: string | null;
  readonly options: RewardOptions;
  readonly lookup: Lookup;
  readonly subject: Subject;
}

/** The rule of a run: body, then recipe, then the default. Critique-refine keeps the best, whatever answers say. */
export function chooseRule(
  { request, recipe, policy, model }: Named,
  strategy: Strategy,
  { rewards, stepReward, options, lookup, subject }: RunScores,
): ChosenRule {
  const keepBest = strategy.family === 'critique_refine' ? 'argmax' : undefined;
  const param = `${request.path}selection`;
  const rule = readRule(request.selection ?? recipe?.selection ?? keepBest, {
    answer: policy.answer,
    scored: [...rewards, ...(stepReward === null || rewards.includes(stepReward) ? [] : [stepReward])],
    context: (name) => ({
      output: scoreOutput(name, { options, lookup }),
      prompt: request.prompt,
      policy: model.policy,
      seed: subject.seed,
      lookup,
    }),
    subject,
    rewardOptions: options,
    lookup,
    param,
  });
  const { topLogprobs } = rule;
  refuseUnable(lookup.backends[policy.backend]!, { ...PLAIN, prompt: request.prompt, topLogprobs }, () => param);
  return rule;
}

/** Tokens that the judges of a rule may sample over so many candidates. */
export function ruleTokens(
  { asks, context }: Pick<ChosenRule, 'asks' | 'context'>,
  candidates: number,
  { options, lookup }: { options: RewardOptions; lookup: Lookup },
): number {
  const { policy, reward } = asks(context) ?? {};
  if (!reward?.name || !reward.pairs) return policy?.tokens ?? 0;
  const named = namedReward(reward.name, options, lookup);
  return reward.pairs(candidates) * kindOf(named.config).sampledTokens(named, 2);
}

/** More candidates than the rule can compare. A search that gathers more has the best of them compared. */
export function refuseTooMany(candidates: number, { name, most }: Pick<ChosenRule, 'name' | 'most'>, param: string): void {
  if (candidates <= most) return;
  const message = `The selection ${name} compares ${most} candidates at most, and ${candidates} were given. Give fewer, or use another rule.`;
  throw new WinnowError('invalid_value', message, { param });
}
