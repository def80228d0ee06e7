import type { Config, PolicyConfig, RecipeConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { StepRequest } from '../../schemas/step.ts';
import { stepOver, stepProblem } from '../config/step.ts';
import { type ModelString, readModel } from './model-string.ts';

/** The config of a run for which it is said how the policy's steps end: wherever the policy is named, they end so. */
export function withSteps(config: Config, name: string, given: StepRequest | undefined, param: string): Config {
  if (given === undefined) return config;
  const usual = config.policies[name]!;
  const problem = stepProblem(usual.step, given);
  if (problem) throw new WinnowError('invalid_value', problem.message, { param: `${param}.${problem.member}` });
  const policy: PolicyConfig = { ...usual, step: stepOver(usual.step, given) };
  return { ...config, policies: { ...config.policies, [name]: policy } };
}

export interface NamedModel {
  readonly model: ModelString;
  readonly recipe: RecipeConfig | undefined;
  /** Of a recipe with steps: in it its policy's end so. */
  readonly config: Config;
}

/** What a request calls its model. @throws WinnowError where nothing has that name */
export function namedModel(given: string | undefined, config: Config): NamedModel {
  const model = readModel(given, config);
  const recipe = model.recipe === undefined ? undefined : config.recipes[model.recipe];
  return { model, recipe, config: withSteps(config, model.policy, recipe?.step, `recipes.${model.recipe}.step`) };
}
