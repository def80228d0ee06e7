/** What an answer is, for a comparison: a number, a quantity, a set, an interval, words, or an expression that none of these is. */
import { braced, bracketed, closes, opens } from './brackets.ts';
import { isWords, keyOf, respelled, unwrapped } from './canonical.ts';
import { type Fraction, fraction, numberOf } from './rational.ts';
import type { Unit } from './unit-table.ts';
import { unitOf } from './units.ts';

export type Value =
  | { readonly kind: 'number'; readonly value: Fraction }
  | { readonly kind: 'percent'; readonly value: Fraction }
  | { readonly kind: 'infinity'; readonly negative: boolean }
  /** `unit` is null for a noun that is no unit: `5 apples`. */
  | { readonly kind: 'quantity'; readonly value: Fraction; readonly unit: Unit | null; readonly noun: string }
  /** A unit after what is no plain number: `2\sqrt{3} cm`. */
  | { readonly kind: 'measured'; readonly expression: string; readonly unit: Unit }
  | { readonly kind: 'set' | 'list'; readonly members: readonly string[] }
  | { readonly kind: 'bracket'; readonly open: string; readonly close: string; readonly members: readonly string[] }
  | { readonly kind: 'union'; readonly members: readonly string[] }
  | { readonly kind: 'words'; readonly name: boolean }
  | { readonly kind: 'expression' };

const DEGREE = String.raw`(?:\^\s*\\circ(?![A-Za-z])|\^\s*\{\s*\\circ\s*\}|\u00B0)`;
const TEMPERATURE = new RegExp(String.raw`${DEGREE}\s*(?:\\[,;!: ])?\s*([CF])\b`, 'g');
const TRIGONOMETRIC = /(?:sin|cos|tan|cot|sec|csc)(?![a-z])/;

/** `respelled`, but a degree sign that means something stays: of a temperature, and in what a sine is taken of. */
export function prepared(text: string): string {
  // a thin space is dressing in 1\,000, and parts units in m\,s
  const spaced = unwrapped(text.replace(/\\[,;:](?=\s*\\?\p{L})/gu, ' '));
  const temperatures = spaced.replace(TEMPERATURE, ' deg$1');
  const angles = TRIGONOMETRIC.test(temperatures) ? temperatures.replace(new RegExp(DEGREE, 'g'), '\\degree ') : temperatures;
  return respelled(angles.replaceAll('\\ ', ' '));
}

/** Reads a `prepared` text. The order is that of the kinds: what is a number is nothing else. */
export function readValue(plain: string): Value {
  const whole = braced(plain);
  return numberOf(whole) ?? infinite(whole) ?? collected(plain) ?? measured(whole) ?? listed(plain) ?? worded(whole);
}

function infinite(text: string): Value | null {
  const [, sign] = /^([-+]?)\s*(?:\\infty|\u221E|inf|infty|infinity)$/i.exec(text) ?? [];
  return sign === undefined ? null : { kind: 'infinity', negative: sign === '-' };
}

function collected(plain: string): Value | null {
  if (/^(?:\\emptyset|\\varnothing|\u2205)$/.test(plain)) return { kind: 'set', members: [] };
  const united = separated(plain, /^(?:\\cup(?![A-Za-z])|\u222A)/);
  if (united.length > 1) return { kind: 'union', members: united };
  const found = bracketed(plain);
  return found?.kind === 'group' ? readValue(found.content) : found;
}

function listed(plain: string): Value | null {
  const members = separated(plain, /^,/);
  return members.length > 1 && members.every((member) => member !== '' && !/^\p{L}{2}/u.test(member))
    ? { kind: 'list', members }
    : null;
}

/** The parts between separators that stand in no bracket. */
function separated(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [start, depth] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (opens(character)) depth++;
    else if (closes(character)) depth--;
    // a head is enough: the longest separator is `\cup` and the letter that must not follow it
    const found = depth === 0 && /[\\,\u222A]/.test(character) ? separator.exec(text.slice(at, at + 5)) : null;
    if (!found) continue;
    parts.push(text.slice(start, at).trim());
    start = at + found[0].length;
  }
  return [...parts, text.slice(start).trim()];
}

const NUMBER = String.raw`[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3}|\s*\*\s*10\s*\^\s*(?:\{[-+]?\d{1,3}\}|[-+]?\d{1,3}))?`;
const FRACTION = String.raw`[-+]?(?:\d+\s+)?\d+\s*/\s*\d+|[-+]?\d*\s*\\frac\s*\{[-+]?\d+\}\s*\{[-+]?\d+\}`;
const QUANTITY = new RegExp(String.raw`^(${FRACTION}|${NUMBER})[\s*~]*([\p{L}\u20AC].*)$`, 'su');
/** Not a noun: `5 cos`, `2 pi`. */
const FUNCTIONS =
  /^(?:a?(?:sin|cos|tan|cot|sec|csc)h?|arc(?:sin|cos|tan)|log|exp|sqrt|mod|alpha|beta|gamma|delta|theta|lambda|sigma|omega|phi|tau)$/i;

function measured(text: string): Value | null {
  const [, number, name] = QUANTITY.exec(text) ?? [];
  if (number !== undefined && name !== undefined) {
    const value = fraction(number.replaceAll(',', ''));
    const unit = unitOf(name);
    const noun = name.toLowerCase().replace(/\s+/g, ' ').replace(/s$/, '');
    const counts = /^\p{L}{3,}(?: \p{L}+)*$/u.test(name) && !FUNCTIONS.test(name);
    if (value && (unit || counts)) return { kind: 'quantity', value, unit, noun };
  }
  const [, expression, trailing = ''] = /^(.*[\d})])\s+(\p{L}{2}[^\\]*)$/su.exec(text) ?? [];
  const unit = expression === undefined || !/\\/.test(expression) ? null : unitOf(trailing);
  return unit && expression !== undefined ? { kind: 'measured', expression, unit } : null;
}

const LETTERS = /^(?:alpha|beta|gamma|delta|epsilon|theta|lambda|omega|sigma)$/i;

/** Words are told from expressions by their length and their spaces: `xy` may be a product, `none` is not. */
function worded(text: string): Value {
  if (!keyOf(text).startsWith('x:') || !isWords(text)) return { kind: 'expression' };
  return { kind: 'words', name: /^\p{L}{1,3}$/u.test(text) || LETTERS.test(text) };
}
