import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { faithfulTokenizer } from './faithful-tokenizer.ts';

/** A tokenizer.json, as far as it is read here; the package reads the rest. */
export const tokenizerJson = z.looseObject({
  model: z.looseObject({ unk_token: z.string().nullish(), unk_id: z.int().nullish() }),
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean().nullish() })).nullish(),
  post_processor: z.looseObject({ type: z.string() }).nullish(),
});

// Of a token on average, in any text that is worth reading; English has four.
const MOST_CHARACTERS = 16;

/** Two texts as one row: what a cross-encoder reads. */
export interface TokenPair {
  readonly ids: number[];
  /** 0 for the first text and what stands around it, 1 for the second: `token_type_ids`. */
  readonly types: number[];
}

/** Text to ids and back, by a model's tokenizer.json. */
export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;
  /** The id that stands for what the vocabulary lacks, if the model has one. */
  readonly #unknown: number | undefined;
  /** Characters of the longest token: no text has fewer tokens than its length over this. */
  readonly #longest: number;
  /** Texts of the special tokens: wherever they stand, they are read as those tokens. */
  readonly #special: readonly string[];
  readonly #specialIds: ReadonlySet<number>;

  /** One more than the largest id; a graph may have room for more. */
  readonly size: number;
  /** Ids that have a text: a model whose vocabulary is padded may write others. */
  readonly #known: (id: number) => boolean;
  /** RoBERTa's models have one type of token: an id of 1 would be outside of their table. */
  readonly #oneType: boolean;

  constructor(definition: z.infer<typeof tokenizerJson>, config: object) {
    this.#tokenizer = faithfulTokenizer(definition, config);
    const { unk_token: token, unk_id: id } = definition.model;
    this.#unknown = id ?? (token ? this.#tokenizer.token_to_id(token) : undefined);
    this.#special = (definition.added_tokens ?? []).flatMap(({ content, special }) => (special ? [content] : []));
    this.#oneType = definition.post_processor?.type === 'RobertaProcessing';
    this.#specialIds = new Set(this.#special.flatMap((token) => this.#tokenizer.token_to_id(token) ?? []));
    const vocabulary = this.#tokenizer.get_vocab(true);
    this.#known = (id) => this.#tokenizer.id_to_token(id) !== undefined;
    this.#longest = 1;
    let last = -1;
    for (const [token, id] of vocabulary) {
      if (token === undefined) continue; // a hole in the ids
      this.#longest = Math.max(this.#longest, token.length);
      last = Math.max(last, id);
    }
    this.size = last + 1;
  }

  /**
   * Ids of a text. `special` adds what the tokenizer puts around a whole input (a BOS, for most): for raw prompts only,
   * since a chat template writes its own and a continuation has none.
   *
   * @throws `prompt_unsupported` that names the first character outside of the vocabulary
   */
  encode(text: string, { special = false, param = 'prompt' } = {}): number[] {
    const ids = text === '' && !special ? [] : this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
    const unknown = ids.findIndex((id) => this.#lacks(id));
    if (unknown >= 0) throw this.#unsupported(text, ids.slice(0, unknown), param);
    return ids;
  }

  /**
   * Ids of a text with what this tokenizer puts around a whole input, as an encoder reads it. What the vocabulary lacks is
   * its unknown token, as in training: an embedder or a reranker reads around it.
   */
  encodeWhole(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: true }).ids.filter((id) => id !== undefined);
  }

  /** Ids of two texts with what this tokenizer puts around and between them. */
  encodePair(first: string, second: string): TokenPair {
    const { ids, token_type_ids: types } = this.#tokenizer.encode(first, { text_pair: second, return_token_type_ids: true });
    return { ids, types: types && !this.#oneType ? types : ids.map(() => 0) };
  }

  /**
   * Refuses somebody's words that hold the text of a special token: they would end the turn or begin another one.
   *
   * @throws `prompt_unsupported` that names it
   */
  refuseSpecial(text: string, param: string): void {
    const special = this.#special.find((token) => text.includes(token));
    if (special === undefined) return;
    const message = `The text holds ${quoted(special)}, which is a special token of this model. Leave it out or write it differently.`;
    throw new WinnowError('prompt_unsupported', message, { param });
  }

  /** Special tokens at the end of a row of ids: what `encodeWhole` and `encodePair` put behind a text. */
  specialEnd(ids: readonly number[]): number {
    return ids.length - 1 - ids.findLastIndex((id) => !this.#specialIds.has(id));
  }

  /** Special tokens at its beginning. */
  specialStart(ids: readonly number[]): number {
    const first = ids.findIndex((id) => !this.#specialIds.has(id));
    return first < 0 ? ids.length : first;
  }

  /** Text of ids; special tokens (end of text, padding) have none. */
  decode(ids: number[]): string {
    const known = ids.every(this.#known) ? ids : ids.filter(this.#known);
    if (known.length === 0) return '';
    return this.#tokenizer.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** How one token reads in a list of log-probabilities; special tokens by their names. */
  name(id: number): string {
    if (!this.#known(id)) return `<${id}>`;
    return this.#tokenizer.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  /** The id of a token of exactly this text. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /**
   * Tokens that a text has at least, without encoding it: a text of a megabyte is refused by this. Of a text with more than
   * 16 characters a token (nothing but spaces, say) it is too many: encoding takes time by the character, about a
   * millisecond a thousand.
   */
  atLeast(text: string): number {
    return Math.ceil(text.length / Math.min(this.#longest, MOST_CHARACTERS));
  }

  #unsupported(text: string, before: number[], param: string): WinnowError {
    const read = this.decode(before);
    const at = text.startsWith(read) ? read.length : firstAlone(text, (character) => this.#isUnknown(character));
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0xfffd);
    const around = text.slice(Math.max(0, at - 20), at + 20);
    return new WinnowError(
      'prompt_unsupported',
      `The character ${quoted(character)} at position ${at} (in ${quoted(around)}) is not in this model's vocabulary. Leave it out or write it differently.`,
      { param },
    );
  }

  #isUnknown(character: string): boolean {
    return this.#tokenizer.encode(character, { add_special_tokens: false }).ids.some((id) => this.#lacks(id));
  }

  /** Whether an id stands for nothing that can be read; without an unknown token the package gives undefined. */
  #lacks(id: number | undefined): boolean {
    return id === undefined || id === this.#unknown;
  }
}

/** Place of the first character that is unknown by itself; 0 where each is known alone. */
function firstAlone(text: string, isUnknown: (character: string) => boolean): number {
  let at = 0;
  for (const character of text) {
    if (isUnknown(character)) return at;
    at += character.length;
  }
  return 0;
}
