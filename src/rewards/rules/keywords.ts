import { quoted } from '../../../schemas/errors.ts';
import { ofText, type Reader } from './check.ts';
import { occurrences } from './occurrences.ts';
import { allPassed, CheckError, failedBy, PASSED, within } from './verdict.ts';

/** Words or phrases that occur, that do not, and how often (methods B.5; as in IFEval). */
export const keywords: Reader<'keywords'> = ({ include = [], exclude = [], frequency = [], whole_words, case_sensitive }) => {
  if (include.length + exclude.length + frequency.length === 0)
    throw new CheckError('include', 'Give `include`, `exclude` or `frequency`.');
  const search = { wholeWords: whole_words, caseSensitive: case_sensitive };
  return ofText(({ text, meter }) => {
    const has = (keyword: string) => occurrences(text, keyword, search, meter, 1) > 0;
    const absent = include.find((keyword) => !has(keyword));
    if (absent !== undefined) return failedBy(`${quoted(absent)} does not occur`);
    const present = exclude.find(has);
    if (present !== undefined) return failedBy(`${quoted(present)} occurs`);
    return allPassed(
      frequency.map(({ keyword, min, max }) =>
        within(occurrences(text, keyword, search, meter), { min, max }, `times ${quoted(keyword)}`),
      ),
    );
  });
};

/** Strings that stand somewhere in the text, inside words too. */
export const contains: Reader<'contains'> = ({ all = [], any = [], none = [], case_sensitive }) => {
  if (all.length + any.length + none.length === 0) throw new CheckError('all', 'Give `all`, `any` or `none`.');
  const search = { wholeWords: false, caseSensitive: case_sensitive };
  return ofText(({ text, meter }) => {
    const has = (wanted: string) => occurrences(text, wanted, search, meter, 1) > 0;
    const absent = all.find((wanted) => !has(wanted));
    if (absent !== undefined) return failedBy(`${quoted(absent)} is not in it`);
    if (any.length > 0 && !any.some(has)) return failedBy('none of the alternatives is in it');
    const present = none.find(has);
    return present === undefined ? PASSED : failedBy(`${quoted(present)} is in it`);
  });
};
