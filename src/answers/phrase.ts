import { type Found, failed, piece } from './extraction.ts';

const PHRASE = /answer[\s*]*(is\b[\s*]*)?([:：][\s*]*)?/gi;

/** Openers of a formula and what closes it; the longer one first. */
const FORMULAS: readonly (readonly [opener: string, closer: RegExp])[] = [
  ['$$', /\$\$/],
  ['$', /(?<!\\)\$/],
  ['\\(', /\\\)/],
  ['\\[', /\\\]/],
];

/**
 * What follows the last "answer is" or "answer:" on its line (methods G.2, G.9): the formula where one stands there, else
 * the first sentence without closing asterisks and period.
 */
export function lastPhrase(text: string): Found {
  let start: number | null = null;
  for (const phrase of text.matchAll(PHRASE)) {
    if (phrase[1] !== undefined || phrase[2] !== undefined) start = phrase.index + phrase[0].length;
  }
  if (start === null) return failed('no_match');
  const newline = text.indexOf('\n', start);
  const line = text.slice(start, newline === -1 ? text.length : newline);
  const [from, to] = formula(line) ?? [0, sentenceEnd(line)];
  return piece(text, start + from, start + to);
}

function formula(line: string): readonly [number, number] | null {
  const opening = FORMULAS.find(([opener]) => line.startsWith(opener));
  if (opening === undefined) return null;
  const [opener, closer] = opening;
  const length = line.slice(opener.length).search(closer);
  return length > 0 ? [opener.length, opener.length + length] : null;
}

function sentenceEnd(line: string): number {
  const next = line.search(/\. +\p{Lu}/u);
  const end = withoutAsterisks(line, next === -1 ? line.length : next);
  return line[end - 1] === '.' ? withoutAsterisks(line, end - 1) : end;
}

/** A loop, because `/[\s*]+$/` takes quadratic time on spaces that something follows. */
function withoutAsterisks(line: string, end: number): number {
  let last = end;
  while (last > 0 && /[\s*]/.test(line[last - 1]!)) last--;
  return last;
}
