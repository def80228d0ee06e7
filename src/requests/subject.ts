import type { Config, PolicyConfig } from '../../schemas/config.ts';
import type { Subject } from '../rewards/define.ts';
import { readModel } from './model-string.ts';
import { readReferences } from './prompt.ts';

interface Brought {
  readonly model?: string | undefined;
  readonly reference?: string | readonly string[] | undefined;
  readonly seed?: number | undefined;
}

/** Whose candidates the caller brings: those of `model`, or of the default policy. @throws WinnowError where it is none */
export function readSubject(body: Brought, config: Config): { readonly policy: PolicyConfig; readonly subject: Subject } {
  const { policy: name } = readModel(body.model, config);
  const policy = config.policies[name]!;
  const references = readReferences(body.reference);
  return { policy, subject: { policy: name, answer: policy.answer, references, seed: body.seed ?? 0 } };
}
