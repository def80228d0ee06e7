import type { Config, RecipeConfig } from '../../schemas/config.ts';
import { type ModelString, readModel } from './model-string.ts';
import { withSteps } from './step.ts';

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
