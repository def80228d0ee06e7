import { ruleGiven, type StepConfig, type StepRequest, withLimits } from '../../schemas/step.ts';
import { stepPatternProblem } from '../answers/steps.ts';

/**
 * `step` as a recipe says it over its policy, or a request over both: its rule in place of the usual one, and its limits over
 * those of the usual one, which has measured what is typical of its own rule alone.
 */
export function stepOver(usual: StepConfig, given: StepRequest): StepConfig {
  const rule = ruleGiven(given);
  const { max_tokens, typical_tokens } = given;
  if (rule === undefined) {
    const limits = { max_tokens: max_tokens ?? usual.max_tokens, typical_tokens: typical_tokens ?? usual.typical_tokens };
    return withLimits(ruleGiven(usual)!, limits);
  }
  const usualMost = usual.tokens === undefined ? usual.max_tokens : undefined; // by tokens it is no limit, but their length
  return withLimits(rule, { max_tokens: max_tokens ?? usualMost, typical_tokens });
}

export interface StepProblem {
  readonly member: 'pattern' | 'max_tokens' | 'typical_tokens';
  readonly message: string;
}

/** Why steps cannot end as given: a pattern that is none, or limits alone where all steps have so many tokens. */
export function stepProblem({ tokens }: StepConfig, given: StepRequest): StepProblem | null {
  const pattern = stepPatternProblem(given);
  if (pattern !== null) return { member: 'pattern', message: pattern };
  const limit = (['max_tokens', 'typical_tokens'] as const).find((member) => given[member] !== undefined);
  if (tokens === undefined || limit === undefined || ruleGiven(given) !== undefined) return null;
  const message = `Each step of this policy has ${tokens} tokens. Say by which rule steps end instead: delimiter, pattern, tokens or marks.`;
  return { member: limit, message };
}
