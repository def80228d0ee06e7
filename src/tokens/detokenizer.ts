/** What ids read as; special tokens read as nothing. */
export interface Decoder {
  decode(ids: number[]): string;
}

// Tokens before the first new one that its text may depend on (a leading space, bytes of an unfinished character).
const CONTEXT = 8;
// A character has at most four bytes: after so many tokens that complete none, what is unreadable never becomes one.
const MOST_BYTES = 4;
const UNREADABLE_END = /\ufffd+$/;

/**
 * Tokens to text, one by one. A character whose bytes lie in several tokens is given with the last of them, so no text
 * ever ends within a character; bytes that are never completed are not given at all.
 */
export class Detokenizer {
  readonly #decoder: Decoder;
  /** From here on the next text is decoded, so that it reads as it does within its sentence. */
  #ids: number[];
  /** Ids that were there when all of their text had been given: the first of `#ids`. */
  #settled: number;
  /** Characters of the text of `#ids` that have been given. */
  #given: number;
  /** Tokens since which the text has ended within a character. */
  #unfinished: number;

  /** @param before  what the new tokens follow; a character left unfinished there is given with its last token */
  constructor(decoder: Decoder, before: readonly number[]) {
    this.#decoder = decoder;
    this.#ids = [];
    this.#settled = 0;
    this.#given = 0;
    this.#unfinished = 0;
    for (const token of before.slice(-CONTEXT)) this.push(token);
  }

  /** A second one that goes on from here. */
  fork(): Detokenizer {
    const twin = new Detokenizer(this.#decoder, []);
    twin.#ids = [...this.#ids];
    twin.#settled = this.#settled;
    twin.#given = this.#given;
    twin.#unfinished = this.#unfinished;
    return twin;
  }

  /** The text that this token completes: none, or one or more whole characters. */
  push(token: number): string {
    this.#ids.push(token);
    const text = this.#decoder.decode(this.#ids);
    this.#unfinished = UNREADABLE_END.test(text) ? this.#unfinished + 1 : 0;
    const readable = this.#unfinished < MOST_BYTES ? text.replace(UNREADABLE_END, '') : text;
    // a token may end one character and begin the next: what is complete is given, the rest stays
    const piece = readable.slice(this.#given);
    if (piece !== '') {
      this.#given = readable.length;
      this.#unfinished = Math.min(this.#unfinished, 1);
    }
    // a special token reads as nothing, and the text before it is then complete
    if (readable.length === text.length && (piece !== '' || this.#ids.length - this.#settled >= MOST_BYTES)) this.#settle();
    return piece;
  }

  #settle(): void {
    this.#ids = this.#ids.slice(this.#settled);
    this.#settled = this.#ids.length;
    this.#given = this.#decoder.decode(this.#ids).length;
  }
}
