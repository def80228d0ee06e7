import { quoted } from '../../../schemas/errors.ts';
import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { type Check, ofText, type Reader } from './check.ts';
import { CheckError, failedBy, PASSED } from './verdict.ts';

export const startsWith: Reader<'starts_with'> = (check) => {
  if ((check.text === undefined) === (check.prompt === undefined))
    throw new CheckError('text', 'Give `text` or `"prompt": true`.');
  return affix(check, (text, wanted) => text.startsWith(wanted), 'start');
};

export const endsWith: Reader<'ends_with'> = (check) => {
  if (check.text === undefined) throw new CheckError('text', 'Give `text`.');
  return affix(check, (text, wanted) => text.endsWith(wanted), 'end');
};

function affix(
  { text: given, case_sensitive }: Pick<CheckOf<'starts_with'>, 'text' | 'case_sensitive'>,
  test: (text: string, wanted: string) => boolean,
  what: string,
): Check {
  const folded = (text: string) => (case_sensitive ? text : text.toLowerCase()).trim();
  return ofText(({ text, prompt, meter }) => {
    meter.spend(1 + text.length / 16);
    const wanted = given ?? prompt;
    if (test(folded(text), folded(wanted))) return PASSED;
    return failedBy(given === undefined ? `it does not ${what} with the prompt` : `it does not ${what} with ${quoted(wanted)}`);
  });
}
