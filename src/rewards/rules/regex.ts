import { ofText, type Reader } from './check.ts';
import { Pattern } from './re2.ts';
import { CheckError, failedBy, PASSED, within } from './verdict.ts';

/** A regular expression: somewhere, nowhere, so many times, or as the whole text (methods B.5). */
export const regex: Reader<'regex'> = ({ pattern: source, mode, min, max, case_insensitive, multiline, dot_all }) => {
  const pattern = new Pattern(source, { caseInsensitive: case_insensitive, multiline, dotAll: dot_all });
  const counts = min !== undefined || max !== undefined;
  if (counts && mode !== 'match') throw new CheckError(min === undefined ? 'max' : 'min', 'Only `"mode": "match"` is counted.');
  // no more than one above the upper bound, or the lower one, tells all there is to know
  const most = max === undefined ? (min ?? 0) : max + 1;
  return ofText(({ text, meter }) => {
    if (counts) return within(pattern.count(text, meter, most), { min, max }, 'matches');
    const found = mode === 'full_match' ? pattern.testWhole(text, meter) : pattern.test(text, meter);
    if (found === (mode !== 'none')) return PASSED;
    return failedBy(
      mode === 'none' ? 'the pattern matches' : mode === 'match' ? 'no match' : 'the text as a whole does not match',
    );
  });
};
