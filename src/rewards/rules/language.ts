import { detectAll } from 'tinyld/light';
import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { ofText, type Reader } from './check.ts';
import { failedBy, PASSED, undecided } from './verdict.ts';

/** Fewer letters than this tell no language; of scripts that write a word with one or two signs, fewer tell it. */
const FEWEST = 20;
const FEWEST_OF_SIGNS = 6;
/** The detector takes quadratic time (34 s for 1 MB), so it reads windows: beginning, middle and end. */
const WINDOW = 240;

/** The language of the whole text: of each window whose language can be told. */
export const language: Reader<'language'> = ({ is }) =>
  ofText(({ text, meter }) => {
    meter.spend(1 + text.length / 8);
    const said = prose(text);
    if (tooShort(said)) return undecided('too short to tell its language');
    const found = windows(said).flatMap((window) => {
      meter.spend(5000);
      return detectAll(window)[0]?.lang ?? [];
    });
    if (found.length === 0) return undecided('its language cannot be told');
    const other = found.find((lang) => lang !== is);
    return other === undefined ? PASSED : failedBy(`it reads as ${other satisfies string as CheckOf<'language'>['is']}`);
  });

/** Without code and addresses: they are English everywhere. */
const prose = (text: string): string =>
  text
    .split('```')
    .filter((_, place) => place % 2 === 0)
    .join(' ')
    .replace(/https?:\/\/\S+/g, ' ')
    .trim();

function tooShort(text: string): boolean {
  const letters = text.replace(/[^\p{L}\p{M}]+/gu, '').length;
  const signs = text.replace(/[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu, '').length;
  return letters < FEWEST && signs < FEWEST_OF_SIGNS;
}

function windows(text: string): string[] {
  if (text.length <= 3 * WINDOW) return [text];
  const middle = Math.floor((text.length - WINDOW) / 2);
  return [0, middle, text.length - WINDOW].map((start) => text.slice(start, start + WINDOW)).filter((part) => !tooShort(part));
}
