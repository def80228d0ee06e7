import type { Config, PolicyConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { ruleGiven, type StepConfig, type StepRequest, withLimits } from '../../schemas/step.ts';
import { stepPatternProblem } from '../answers/steps.ts';

/** The config of a run whose request says how the policy's steps end: wherever the policy is named, they end so. */
export function withSteps(config: Config, name: string, given: StepRequest | undefined, param: string): Config {
  if (given === undefined) return config;
  const policy: PolicyConfig = { ...config.policies[name]!, step: mergedStep(config.policies[name]!.step, given, param) };
  return { ...config, policies: { ...config.policies, [name]: policy } };
}

/**
 * A request's rule in place of the policy's, and its limits over those of the policy, which has measured what is typical of
 * its own rule alone.
 */
function mergedStep(usual: StepConfig, given: StepRequest, param: string): StepConfig {
  const rule = ruleGiven(given);
  const limits = { max_tokens: given.max_tokens, typical_tokens: given.typical_tokens };
  if (rule === undefined) {
    refuseLimits(usual, given, param);
    const { max_tokens = usual.max_tokens, typical_tokens = usual.typical_tokens } = limits;
    return withLimits(ruleGiven(usual)!, { max_tokens, typical_tokens });
  }
  const problem = stepPatternProblem(rule);
  if (problem !== null) throw new WinnowError('invalid_value', problem, { param: `${param}.pattern` });
  const usualMost = usual.tokens === undefined ? usual.max_tokens : undefined; // by tokens it is no limit, but their length
  return withLimits(rule, { ...limits, max_tokens: limits.max_tokens ?? usualMost });
}

/** Limits alone say nothing to a policy whose steps all have so many tokens. */
function refuseLimits({ tokens }: StepConfig, given: StepRequest, param: string): void {
  const limit = (['max_tokens', 'typical_tokens'] as const).find((member) => given[member] !== undefined);
  if (tokens === undefined || limit === undefined) return;
  const message = `Each step of this policy has ${tokens} tokens. Say by which rule steps end instead: delimiter, pattern, tokens or marks.`;
  throw new WinnowError('invalid_value', message, { param: `${param}.${limit}` });
}
