/**
 * One spelling for all spellings of an answer (methods G.7, G.9). Keys are strings and equality is equality of strings, so
 * that it is an equivalence whatever the input: no tolerance, no order of comparison.
 */
import { closingBraces } from './braces.ts';
import { braced, bracketed, membersOf, whitened } from './brackets.ts';
import { type Failed, failed } from './extraction.ts';
import { numberOf } from './rational.ts';

/** Longer answers have no key: some of the spelling rules take quadratic time. */
export const MAX_LENGTH = 2000;

export type Key = { readonly ok: true; readonly key: string } | Failed;

/**
 * Key of an answer: `q:` an exact rational, `p:` a percentage, `t:` a tuple or interval, `s:` a set, `x:` text.
 *
 * @param numbers  false for identifiers: `007` stays text
 * @returns `no_match` above 2000 characters, `empty` where only dressing was there
 */
export function canonicalKey(text: string, numbers = true): Key {
  if (text.length > MAX_LENGTH) return failed('no_match');
  const plain = respelled(text);
  return plain === '' ? failed('empty') : { ok: true, key: keyOf(plain, numbers) };
}

/**
 * The answer without its dressing: one spelling of signs, spaces and wrappers; white brackets (U+2983, U+2984) stand for
 * `\{` and `\}`. Quadratic: callers bound the length.
 */
export const respelled = (text: string): string => SPELLING.reduce((spelled, rule) => rule(spelled).trim(), text.trim());

const MAPPED: Readonly<Record<string, string>> = {
  '\u2212': '-',
  '\u2013': '-',
  '\u00D7': '*',
  '\u2044': '/',
  '\u00A0': ' ',
  '\uFF0C': ',',
  '\uFF0E': '.',
  '\uFF05': '%',
};
const FULL_WIDTH_ZERO = 0xff10;

/** Applied in this order, each to the trimmed result of the one before. Not NFKC: it would make x\u00B2 into x2. */
const SPELLING: readonly ((text: string) => string)[] = [
  (text) => text.replace(/[\u2212\u2013\u00D7\u2044\u00A0\uFF0C\uFF0E\uFF05]/g, (character) => MAPPED[character]!),
  (text) => text.replace(/[\uFF10-\uFF19]/g, (digit) => String(digit.charCodeAt(0) - FULL_WIDTH_ZERO)),
  (text) => text.replace(/\\[()[\]$]/g, '').replaceAll('$', ''),
  (text) => text.replace(/\\(?:left|right|displaystyle)(?![A-Za-z])/g, ''),
  (text) => text.replace(/, ?\\!/g, '{,}').replace(/\\[,;!:]/g, ''),
  (text) => text.replace(/\\[dtc]frac(?![A-Za-z])/g, '\\frac'),
  unwrapped,
  (text) => text.replace(/\^\\circ(?![A-Za-z])|\^\{\\circ\}|\u00B0/g, ''),
  (text) => text.replaceAll('\\%', '%'),
  whitened,
  (text) => text.replace(/\\(?:times|cdot)(?![A-Za-z])/g, '*'),
  (text) => (text.endsWith('.') ? text.slice(0, -1) : text),
  (text) => text.replace(/^[A-Za-z]\s*=([^=<>]*)$/, '$1'),
  (text) => text.replace(/\\frac ?(\d)/g, '\\frac{$1}').replace(/\\frac(\{[^{}]*\}) ?(\d)/g, '\\frac$1{$2}'),
  (text) => (membersOf(text) ? text : text.replaceAll('{,}', ',')),
  (text) => (/^[-+]?\d{1,3}(,\d{3})+(\.\d+)?\s*%?$/.test(text) ? text.replaceAll(',', '') : text),
];

/** Text without `\text{...}` and its like around parts of it, the innermost first. */
export function unwrapped(text: string): string {
  let plain = text;
  const wrappers = [...text.matchAll(/\\(?:text|mathrm|mbox|textbf|textit|mathbf)\s*\{/g)];
  // From the last to the first: what stands inside another begins after it, and earlier positions stay where they are.
  for (const wrapper of wrappers.reverse()) {
    const start = wrapper.index + wrapper[0].length;
    const end = closingBraces(plain).get(start - 1);
    if (end !== undefined) plain = plain.slice(0, wrapper.index) + plain.slice(start, end) + plain.slice(end + 1);
  }
  return plain;
}

/** Key of a text that is `respelled` already. */
export function keyOf(text: string, numbers = true): string {
  const plain = braced(text);
  return (numbers ? numberKey(plain) : null) ?? bracketKey(text, numbers) ?? textKey(plain);
}

function numberKey(text: string): string | null {
  const number = numberOf(text);
  return number && `${number.kind === 'percent' ? 'p' : 'q'}:${number.value.join('/')}`;
}

function bracketKey(text: string, numbers: boolean): string | null {
  const found = bracketed(text);
  if (found === null) return null;
  if (found.kind === 'group') return keyOf(found.content, numbers);
  const keys = found.members.map((member) => memberKey(member, numbers));
  return found.kind === 'set' ? `s:{${[...new Set(keys)].sort().join(';')}}` : `t:${found.open}${keys.join(';')}${found.close}`;
}

/** `;` parts members, so one inside a text is escaped. */
function memberKey(member: string, numbers: boolean): string {
  const key = keyOf(member, numbers);
  return key.startsWith('x:') ? key.replaceAll(';', '\\;') : key;
}

/** Letters, marks, apostrophes, hyphens, commas and spaces alone. */
export const isWords = (text: string): boolean => /^[\p{L}\p{M}'\u2019,\s-]+$/u.test(text);

function textKey(text: string): string {
  if (isWords(text)) return `x:${text.toLowerCase().replace(/\s+/g, ' ')}`;
  const between = (position: number) => /\d/.test(text[position] ?? '');
  return `x:${text.replace(/\s+/g, (space, at: number) => (between(at - 1) && between(at + space.length) ? ' ' : ''))}`;
}
