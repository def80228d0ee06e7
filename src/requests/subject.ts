import type { Config, PolicyConfig, RecipeConfig } from '../../schemas/config.ts';
import type { Subject } from '../rewards/define.ts';
import { namedModel } from './named-model.ts';
import { readReferences } from './prompt.ts';

interface Brought {
  readonly model?: string | undefined;
  readonly reference?: string | readonly string[] | undefined;
  readonly seed?: number | undefined;
}

interface ReadSubject {
  readonly policy: PolicyConfig;
  readonly recipe: RecipeConfig | undefined;
  readonly subject: Subject;
  /** In it the policy's steps end as the recipe says. */
  readonly config: Config;
}

/** Whose candidates the caller brings: those of `model`, or of the default policy. @throws WinnowError where it is none */
export function readSubject(body: Brought, given: Config): ReadSubject {
  const { model, recipe, config } = namedModel(body.model, given);
  const policy = config.policies[model.policy]!;
  const references = readReferences(body.reference);
  return { policy, recipe, config, subject: { policy: model.policy, answer: policy.answer, references, seed: body.seed ?? 0 } };
}
