import type { Config, PolicyConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { StepRequest } from '../../schemas/step.ts';
import { stepOver, stepProblem } from '../config/step.ts';

/** The config of a run for which it is said how the policy's steps end: wherever the policy is named, they end so. */
export function withSteps(config: Config, name: string, given: StepRequest | undefined, param: string): Config {
  if (given === undefined) return config;
  const usual = config.policies[name]!;
  const problem = stepProblem(usual.step, given);
  if (problem) throw new WinnowError('invalid_value', problem.message, { param: `${param}.${problem.member}` });
  const policy: PolicyConfig = { ...usual, step: stepOver(usual.step, given) };
  return { ...config, policies: { ...config.policies, [name]: policy } };
}
