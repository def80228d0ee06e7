/** Where quoted mistakes stand in an answer, and where it is cut before the first of them (methods C.12, C.15). */

/** Quotes that were found, and how many were not. */
export interface Located {
  /** Where each begins, in code units, in the order of the quotes. */
  readonly offsets: readonly number[];
  readonly unmatched: number;
}

/**
 * Looks for each quote: its first occurrence, as it is written, else with every run of white space as one space. An empty one
 * is nowhere.
 */
export function locate(text: string, quotes: readonly string[]): Located {
  const found = quotes.map((quote) => offsetOf(text, quote));
  const offsets = found.filter((offset) => offset !== undefined);
  return { offsets, unmatched: quotes.length - offsets.length };
}

function offsetOf(text: string, quote: string): number | undefined {
  const plain = squeezed(quote.trim()).text;
  if (plain === '') return undefined;
  const exact = text.indexOf(quote);
  if (exact >= 0) return exact;
  const { text: within, from } = squeezed(text);
  const at = within.indexOf(plain);
  return at < 0 ? undefined : from[at];
}

/** The text with each run of white space as one space, and where each of its code units came from. */
function squeezed(text: string): { readonly text: string; readonly from: readonly number[] } {
  const from = Array.from({ length: text.length }, (_, at) => at).filter(
    (at) => !(isSpace(text[at]!) && isSpace(text[at - 1] ?? '')),
  );
  return { text: from.map((at) => (isSpace(text[at]!) ? ' ' : text[at]!)).join(''), from };
}

const isSpace = (character: string): boolean => /\s/.test(character);

/** Where the sentence of `offset` begins: after the last `.`, `!`, `?` or newline before it, and the white space after that. */
export function sentenceStart(text: string, offset: number): number {
  const before = text.slice(0, offset);
  const end = Math.max(...['.', '!', '?', '\n'].map((mark) => before.lastIndexOf(mark))) + 1;
  return end + (before.length - end - before.slice(end).trimStart().length);
}
