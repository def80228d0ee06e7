import { type Found, failed } from './extraction.ts';

const THOUSANDS = String.raw`(?:\{,\}|,(?: ?\\!)?)`;
const NUMBER = new RegExp(
  String.raw`(?<![\w.])(?:[-+](?:\\?\p{Sc})?)?(?:(?:\d{1,3}(?:${THOUSANDS}\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?`,
  'gu',
);
/** What makes the digits before it a part of something else: a unit, a version, a list. */
const GOES_ON = new RegExp(String.raw`\w|(?:\.|${THOUSANDS})\d`, 'uy');

/**
 * The last number that stands by itself (methods G.4, G.9): not `7a`, `1.2.3` or `x2`. `raw` has a plain minus, plain
 * commas and no currency sign. Linear: what `GOES_ON` is only tested after the longest match, since no shorter one passes.
 */
export function lastNumber(text: string): Found {
  // One code unit for one, so that positions hold.
  const plain = text.replace(/[\u2212\uFF0D]/g, '-');
  const number = new RegExp(NUMBER);
  const goesOn = new RegExp(GOES_ON);
  let found: Found = failed('no_match');
  for (let match = number.exec(plain); match !== null; match = number.exec(plain)) {
    const end = number.lastIndex;
    goesOn.lastIndex = end;
    if (!goesOn.test(plain)) {
      found = { ok: true, raw: written(match[0]), span: [match.index, end] };
      continue;
    }
    // The digits of a signed exponent may begin a number of their own: `1e-5,678`.
    const exponent = match[0].search(/[eE][-+]/);
    if (exponent !== -1) number.lastIndex = match.index + exponent + 1;
  }
  return found;
}

const written = (number: string): string => number.replace(/\\?\p{Sc}/u, '').replace(new RegExp(THOUSANDS, 'gu'), ',');
