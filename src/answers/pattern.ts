/** Answers found by a regular expression of the config, on RE2. */
import { RE2JS, RE2JSException } from 're2js';
import { type Found, failed, piece } from './extraction.ts';

/** Instructions of a compiled pattern: `(a{1,1000})` has 2,003. */
const MAX_PROGRAM = 1000;
/** Characters read times instructions, over all matches: about half a second. */
const MAX_READING = 30_000_000;

/** What is wrong with a pattern, as a sentence; null where it may be used. */
export function patternProblem(source: string): string | null {
  try {
    const size = RE2JS.compile(source).programSize();
    return size > MAX_PROGRAM ? `It compiles to ${size} instructions; at most ${MAX_PROGRAM} are run. Repeat less.` : null;
  } catch (error) {
    if (error instanceof RE2JSException) return `${error.message}. Patterns are RE2: no look-around, no back-reference.`;
    throw error;
  }
}

/**
 * The last match: its group `answer`, else its first group, else all of it. `timeout` where a search that begins again after
 * each match would read the text too often.
 *
 * @param source  a pattern without a `patternProblem`
 */
export function lastMatch(text: string, source: string): Found {
  const program = RE2JS.compile(source);
  const names = program.namedGroups();
  const group = names.answer ?? Math.min(1, program.groupCount());
  const matcher = program.matcher(new ReadText(text, program.programSize()) as unknown as string); // re2js takes String objects as strings
  let last: Found = failed('no_match');
  try {
    while (matcher.find()) {
      const [start, end] = [matcher.start(group), matcher.end(group)];
      if (start < 0) continue; // the group has no part in this match
      const found = piece(text, start, end);
      if (found.ok || !last.ok) last = found;
    }
  } catch (error) {
    if (error instanceof ReadTooOften) return failed('timeout');
    throw error;
  }
  return last;
}

class ReadTooOften extends Error {}

/**
 * A text that counts how often it is read. RE2 reads each character once a search, but a search begins again after each
 * match, and may read to the end every time: only the reader can tell.
 */
class ReadText extends String {
  readonly #text: string;
  readonly #price: number;
  #left = MAX_READING;

  constructor(text: string, price: number) {
    super(text);
    this.#text = text;
    this.#price = price;
  }

  override charCodeAt(index: number): number {
    this.#left -= this.#price;
    if (this.#left < 0) throw new ReadTooOften();
    return this.#text.charCodeAt(index);
  }

  override indexOf(needle: string, from = 0): number {
    const found = this.#text.indexOf(needle, from);
    this.#left -= 1 + ((found < 0 ? this.#text.length : found) - from) / 16;
    if (this.#left < 0) throw new ReadTooOften();
    return found;
  }

  override substring(start: number, end?: number): string {
    return this.#text.substring(start, end);
  }
}
