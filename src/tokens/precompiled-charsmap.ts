/**
 * The compiled normalization of a SentencePiece model (`precompiled_charsmap` of tokenizer.json): a trie over UTF-8 from
 * what is replaced to what replaces it. XLM-RoBERTa, T5, bge-m3 and their like have one, each its own; the package
 * @huggingface/tokenizers does not read it, but takes NFKC and a fixed list, which differ by some characters (a zero-width
 * joiner, for one).
 *
 * @see huggingface/spm_precompiled; the trie is Darts-clone's double array
 */
export class PrecompiledCharsmap {
  readonly #trie: Uint32Array;
  /** Replacements one after the other, each ended by a 0. */
  readonly #replacements: Uint8Array;

  /** @param charsmap  base64: bytes of the trie (uint32, little endian), the trie, the replacements */
  constructor(charsmap: string) {
    const bytes = fromBase64(charsmap);
    const view = new DataView(bytes.buffer);
    const size = view.getUint32(0, true);
    this.#trie = Uint32Array.from({ length: size / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
    this.#replacements = bytes.subarray(4 + size);
  }

  /** Each grapheme of less than six bytes is looked up as a whole, then each character. */
  normalize(text: string): string {
    let normalized = '';
    for (const { segment } of graphemes.segment(text)) {
      const bytes = utf8(segment);
      const whole = bytes.length < 6 ? this.#replacement(bytes) : null;
      normalized += whole ?? this.#characters(segment);
    }
    return normalized;
  }

  #characters(grapheme: string): string {
    let normalized = '';
    for (const character of grapheme) normalized += this.#replacement(utf8(character)) ?? character;
    return normalized;
  }

  /** What stands for the shortest beginning of `key` that the trie holds; null where it holds none. */
  #replacement(key: readonly number[]): string | null {
    let node = offset(this.#trie[0]!);
    for (const byte of key) {
      if (byte === 0) return null;
      node ^= byte;
      const unit = this.#trie[node];
      if (unit === undefined || label(unit) !== byte) return null;
      node ^= offset(unit);
      if (hasLeaf(unit)) return this.#text(this.#trie[node]! & 0x7fffffff);
    }
    return null;
  }

  #text(start: number): string {
    const end = this.#replacements.indexOf(0, start);
    return fromUtf8(this.#replacements.subarray(start, end < 0 ? this.#replacements.length : end));
  }
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

// The fields of one unit of the double array.
const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
const label = (unit: number): number => (unit & 0x800000ff) >>> 0;
const hasLeaf = (unit: number): boolean => (unit & 0x100) !== 0;

/** Bytes of well-formed text; a lone surrogate as U+FFFD. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const given = character.codePointAt(0)!;
    const code = given >= 0xd800 && given <= 0xdfff ? 0xfffd : given;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), continuation(code, 0));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), continuation(code, 1), continuation(code, 0));
    else bytes.push(0xf0 | (code >> 18), continuation(code, 2), continuation(code, 1), continuation(code, 0));
  }
  return bytes;
}
const continuation = (code: number, place: number): number => 0x80 | ((code >> (6 * place)) & 0x3f);

/** Text of bytes that are well-formed, as those of a charsmap are. */
function fromUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (let place = 1; place < length; place++) code = (code << 6) | (bytes[at + place]! & 0x3f);
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

// `atob` is the platform's; this folder has none.
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  const values = new Map([...DIGITS].map((digit, value) => [digit, value]));
  let [bits, held, at] = [0, 0, 0];
  for (const digit of digits) {
    const value = values.get(digit);
    if (value === undefined) throw new Error(`precompiled_charsmap is not base64: it holds ${JSON.stringify(digit)}.`);
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
    }
  }
  return bytes;
}
