import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { Pattern, PatternError } from '../../answers/re2.ts';
import { ofText, type Reader } from './check.ts';
import type { Meter } from './meter.ts';
import { CheckError, failedBy, PASSED, within } from './verdict.ts';

/** A regular expression: somewhere, nowhere, so many times, or as the whole text (methods B.5). */
export const regex: Reader<'regex'> = (check) => {
  const { mode, min, max } = check;
  const pattern = patternOf(check);
  const counts = min !== undefined || max !== undefined;
  if (counts && mode !== 'match') throw new CheckError(min === undefined ? 'max' : 'min', 'Only `"mode": "match"` is counted.');
  // one above the upper bound, or the lower one, tells all there is to know
  const most = max === undefined ? (min ?? 0) : max + 1;
  return ofText(({ text, meter }) => {
    if (counts) return within(counted(pattern, text, meter, most), { min, max }, 'matches');
    const found = mode === 'full_match' ? pattern.testWhole(text, meter) : pattern.test(text, meter);
    if (found === (mode !== 'none')) return PASSED;
    return failedBy(
      mode === 'none' ? 'the pattern matches' : mode === 'match' ? 'no match' : 'the text as a whole does not match',
    );
  });
};

function patternOf({ pattern, case_insensitive, multiline, dot_all }: CheckOf<'regex'>): Pattern {
  try {
    return new Pattern(pattern, { caseInsensitive: case_insensitive, multiline, dotAll: dot_all });
  } catch (error) {
    if (error instanceof PatternError) throw new CheckError('pattern', error.message);
    throw error;
  }
}

/** Matches, of which up to `most` are looked for. */
function counted(pattern: Pattern, text: string, meter: Meter, most: number): number {
  let matches = 0;
  for (const _ of pattern.matches(text, meter)) if (++matches >= most) break;
  return matches;
}
