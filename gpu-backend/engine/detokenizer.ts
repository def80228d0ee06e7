/** What ids read as; special tokens read as nothing. */
export interface Decoder {
  decode(ids: number[]): string;
}

// Tokens before the first new one that its text may depend on (a leading space, bytes of an unfinished character).
const CONTEXT = 8;
// A character has at most four bytes: what is still unreadable after four tokens never becomes one.
const MOST_BYTES = 4;
const UNREADABLE = '\ufffd';

/**
 * Tokens to text, one by one. A character whose bytes lie in several tokens is given with the last of them, so no text
 * ever ends within a character; bytes that are never completed are not given at all.
 */
export class Detokenizer {
  readonly #decoder: Decoder;
  /** From here on the next text is decoded, so that it reads as it does within its sentence. */
  #ids: number[];
  /** How many of `#ids` have been given as text. */
  #given: number;

  /** @param before  what the new tokens follow; a character left unfinished there is given with its last token */
  constructor(decoder: Decoder, before: readonly number[]) {
    this.#decoder = decoder;
    this.#ids = [];
    this.#given = 0;
    for (const token of before.slice(-CONTEXT)) this.push(token);
  }

  /** A second one that goes on from here. */
  fork(): Detokenizer {
    const twin = new Detokenizer(this.#decoder, []);
    twin.#ids = [...this.#ids];
    twin.#given = this.#given;
    return twin;
  }

  /** The text that this token completes: none, or one or more whole characters. */
  push(token: number): string {
    this.#ids.push(token);
    const before = this.#decoder.decode(this.#ids.slice(0, this.#given));
    const text = this.#decoder.decode(this.#ids);
    const held = this.#ids.length - this.#given;
    if (text.length <= before.length || (text.endsWith(UNREADABLE) && held < MOST_BYTES)) {
      // a special token reads as nothing, and the text before it is then complete
      if (held >= MOST_BYTES) this.#give();
      return '';
    }
    this.#give();
    return text.slice(before.length);
  }

  #give(): void {
    this.#ids = this.#ids.slice(this.#given);
    this.#given = this.#ids.length;
  }
}
