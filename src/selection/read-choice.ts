import { withoutReasoning } from '../answers/reasoning.ts';
import { MARKER } from '../prompts/most-consistent.ts';

/** A whole number by itself, not a part of a longer one, a decimal or a negative one. */
const NUMBER = /(?<![\d.,]|(?<![\p{L}\d_])[-−])\d{1,9}(?![\d]|[.,]\d)/gu;

/**
 * The number that a judge chose: the last whole number from 1 to `count` behind the last marker, after think blocks are taken
 * out (methods A.7, B.13).
 *
 * @param cut  the judge was stopped before its end: a number that ends its text may be a part of a longer one
 * @returns null where there is none
 */
export function readChoice(text: string, count: number, cut: boolean): number | null {
  const said = withoutReasoning(text);
  const marked = said === null ? -1 : said.toLowerCase().lastIndexOf(MARKER.toLowerCase());
  if (said === null || marked < 0) return null;
  const decided = said.slice(marked + MARKER.length);
  const whole = Array.from(decided.matchAll(NUMBER)).filter(
    ({ 0: digits, index }) => !cut || index + digits.length < decided.length,
  );
  return whole.map(([digits]) => Number(digits)).findLast((number) => number >= 1 && number <= count) ?? null;
}
