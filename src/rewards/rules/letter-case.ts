import { quoted } from '../../../schemas/errors.ts';
import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { ofText, type Reader } from './check.ts';
import type { CheckedText } from './checked-text.ts';
import { failedBy, PASSED, type Verdict, within } from './verdict.ts';

/** Capitals: none, all, of titles, or so many words of them. A text without a letter has no case. */
export const letterCase: Reader<'case'> = (check) =>
  ofText((candidate) => {
    candidate.meter.spend(1 + candidate.text.length / 16);
    if (check.form === 'capital_words') return within(candidate.words.filter(isCapital).length, check, 'words in capitals');
    if (!/\p{L}/u.test(candidate.text)) return failedBy('it has no letter');
    return FORMS[check.form](candidate);
  });

const FORMS: Readonly<Record<Exclude<CheckOf<'case'>['form'], 'capital_words'>, (candidate: CheckedText) => Verdict>> = {
  lower: ({ text }) => without(text, /\p{Lu}/u, 'a capital'),
  upper: ({ text }) => without(text, /\p{Ll}/u, 'a small letter'),
  title({ words }) {
    const small = words.find((word, place) => (place === 0 || word.length >= 4) && /^\p{Ll}/u.test(word));
    return small === undefined ? PASSED : failedBy(`${quoted(small)} has no capital`);
  },
};

function without(text: string, letter: RegExp, what: string): Verdict {
  const [found] = letter.exec(text) ?? [];
  return found === undefined ? PASSED : failedBy(`it has ${what}: ${found}`);
}

const isCapital = (word: string): boolean => /^(?=.*\p{Lu}.*\p{Lu})[^\p{Ll}]+$/u.test(word.slice(0, 256));
