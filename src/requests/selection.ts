import type { AnswerConfig, Lookup } from '../../schemas/config.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { RewardOptions } from '../rewards/registry.ts';
import { namedReward, scaleOf } from '../rewards/registry.ts';
import type { SelectionContext } from '../selection/define.ts';
import { ruleSchema, startRule } from '../selection/registry.ts';
import type { Strategy } from '../strategies/define.ts';
import type { ChosenRule, Named } from './task.ts';

/** What the choice of a rule depends on. */
export interface RuleNeeds {
  readonly answer: AnswerConfig | null;
  /** Rewards whose scores the candidates will have, the one that decides by default first. */
  readonly scored: readonly string[];
  readonly context: (reward: string | null) => SelectionContext;
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
  return { ...rule, options, reward, context };
}

const lacking = (rule: string, what: string, param: string): WinnowError =>
  new WinnowError('capability_missing', `The selection ${rule} needs ${what}.`, { param });

/** What scores a run's candidates will have. */
interface RunScores {
  readonly rewards: readonly string[];
  readonly stepReward: string | null;
  readonly options: RewardOptions;
  readonly lookup: Lookup;
  readonly seed: number;
}

/** The rule of a run: body, then recipe, then the default. Critique-refine keeps the best, whatever answers say. */
export function chooseRule(
  { request, recipe, policy, model }: Named,
  strategy: Strategy,
  { rewards, stepReward, options, lookup, seed }: RunScores,
): ChosenRule {
  const keepBest = strategy.family === 'critique_refine' ? 'argmax' : undefined;
  return readRule(request.selection ?? recipe?.selection ?? keepBest, {
    answer: policy.answer,
    scored: [...rewards, ...(stepReward === null || rewards.includes(stepReward) ? [] : [stepReward])],
    context: (name) => ({
      output: name === null ? 'unknown' : scaleOf(namedReward(name, options, lookup)).output,
      prompt: request.prompt,
      policy: model.policy,
      seed,
      lookup,
    }),
    param: `${request.path}selection`,
  });
}
