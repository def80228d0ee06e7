import type { Meter } from './meter.ts';

export interface Search {
  /** Whether a keyword is found only where no letter or digit touches it. */
  readonly wholeWords: boolean;
  readonly caseSensitive: boolean;
}

/** How often a string that is not empty stands in a text, without overlap; no more than `most` are looked for. */
export function occurrences(text: string, needle: string, search: Search, meter: Meter, most = Number.POSITIVE_INFINITY): number {
  meter.spend(1 + (text.length * (1 + needle.length / 256)) / 16);
  const [hay, wanted] = search.caseSensitive ? [text, needle] : [text.toLowerCase(), needle.toLowerCase()];
  let found = 0;
  for (let at = hay.indexOf(wanted); at >= 0 && found < most; at = hay.indexOf(wanted, at)) {
    meter.spend(1);
    if (search.wholeWords && touchesWord(hay, at, at + wanted.length)) at += 1;
    else {
      found++;
      at += wanted.length;
    }
  }
  return found;
}

/** Whether what is found goes on as a word on either side. Scripts without spaces have no ends of words. */
function touchesWord(text: string, start: number, end: number): boolean {
  return (isLetter(text, start) && isLetter(text, start - 1)) || (isLetter(text, end - 1) && isLetter(text, end));
}

const SPACED = /^(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}_]$/u;

function isLetter(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const unit = text.charCodeAt(at);
  // of a pair of code units either half may be asked for
  const from = unit >= 0xdc00 && unit <= 0xdfff && at > 0 ? at - 1 : at;
  return SPACED.test(String.fromCodePoint(text.codePointAt(from)!));
}
