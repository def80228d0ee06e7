import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Named, Subject } from './define.ts';

interface JudgeEntry {
  readonly policy: string | null;
  readonly reference: boolean;
}

/**
 * Refuses a judge that cannot follow an instruction, or that lacks the right answer it is to read.
 *
 * @throws WinnowError `capability_missing`, before anything is spent
 */
export function refuseUnfitJudge({ name, config, lookup }: Named<JudgeEntry, unknown>, subject: Subject, param: string): void {
  const judge = config.policy ?? subject.policy;
  const policy = Object.hasOwn(lookup.policies, judge) ? lookup.policies[judge] : undefined;
  const lacking = (message: string) => new WinnowError('capability_missing', message, { param });
  if (!policy) throw lacking(`The reward ${quoted(name)} judges by the policy ${quoted(judge)}, and none has that name.`);
  if (!policy.instruct) {
    const remedy = 'Name one with "instruct": true as "policy" of the reward in the config.';
    throw lacking(
      `The policy ${quoted(judge)} does not follow instructions, so the reward ${quoted(name)} cannot ask it to judge. ${remedy}`,
    );
  }
  const backend = lookup.backends[policy.backend];
  if (backend?.kind === 'openai' && backend.api === 'completions')
    throw lacking(
      `The server of the policy ${quoted(judge)} continues raw text and has no chat template, which the reward ${quoted(name)} needs ("api" of its backend).`,
    );
  if (config.reference && subject.references.length === 0)
    throw lacking(`The reward ${quoted(name)} compares with a right answer, and the request has no \`reference\`. Give one.`);
}
