import type { RuleCheck } from '../../../schemas/rewards/rule.ts';
import { endsWith, startsWith } from './affix.ts';
import { answerEquals, match, numericRange } from './answers.ts';
import { cel } from './cel.ts';
import type { Check, Reader } from './check.ts';
import { format } from './format.ts';
import { jsonSchema } from './json-schema.ts';
import { contains, keywords } from './keywords.ts';
import { language } from './language.ts';
import { length } from './length.ts';
import { letterCase } from './letter-case.ts';
import { regex } from './regex.ts';
import { repetition } from './repetition.ts';

/** The only list of checks. */
const READERS: { readonly [Name in RuleCheck['check']]: Reader<Name> } = {
  cel,
  regex,
  json_schema: jsonSchema,
  length,
  keywords,
  contains,
  format,
  case: letterCase,
  language,
  starts_with: startsWith,
  ends_with: endsWith,
  repetition,
  match,
  numeric_range: numericRange,
  answer_equals: answerEquals,
};

/** Compiles what a check says. @throws CheckError where no candidate could pass or fail it */
export function readCheck(check: RuleCheck): Check {
  const reader = READERS[check.check] as (check: RuleCheck) => Check; // the name picks its own check
  return reader(check);
}
