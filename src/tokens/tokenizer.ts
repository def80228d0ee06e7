import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';

/** A tokenizer.json, as far as it is read here; the package reads the rest. */
export const tokenizerJson = z.looseObject({
  model: z.looseObject({ unk_token: z.string().nullish(), unk_id: z.int().nullish() }),
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean().nullish() })).nullish(),
});

/** Text to ids and back, by a model's tokenizer.json. */
export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;
  /** The id that stands for what the vocabulary lacks, if the model has one. */
  readonly #unknown: number | undefined;
  /** Characters of the longest token: no text has fewer tokens than its length over this. */
  readonly #longest: number;
  /** Texts of the special tokens: wherever they stand, they are read as those tokens. */
  readonly #special: readonly string[];

  constructor(definition: z.infer<typeof tokenizerJson>, config: object) {
    this.#tokenizer = new HuggingFaceTokenizer(definition, config);
    const { unk_token: token, unk_id: id } = definition.model;
    this.#unknown = id ?? (token ? this.#tokenizer.token_to_id(token) : undefined);
    this.#special = (definition.added_tokens ?? []).flatMap(({ content, special }) => (special ? [content] : []));
    this.#longest = Math.max(1, ...lengths(this.#tokenizer.get_vocab(true).keys()));
  }

  /**
   * Ids of a text. `special` adds what the tokenizer puts around a whole input (a BOS, for most): for raw prompts only,
   * since a chat template writes its own and a continuation has none.
   *
   * @throws `prompt_unsupported` that names the first character outside of the vocabulary
   */
  encode(text: string, { special = false, param = 'prompt' } = {}): number[] {
    const ids = text === '' && !special ? [] : this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
    const unknown = this.#unknown === undefined ? -1 : ids.indexOf(this.#unknown);
    if (unknown >= 0) throw this.#unsupported(text, ids.slice(0, unknown), param);
    return ids;
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

  /** Text of ids; special tokens (end of text, padding) have none. */
  decode(ids: number[]): string {
    if (ids.length === 0) return '';
    return this.#tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** How one token reads in a list of log-probabilities; special tokens by their names. */
  name(id: number): string {
    return this.#tokenizer.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  /** A lower bound of the tokens of a text, without encoding it: a text of a megabyte is refused by this. */
  atLeast(text: string): number {
    return Math.ceil(text.length / this.#longest);
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
    return this.#tokenizer.encode(character, { add_special_tokens: false }).ids.includes(this.#unknown!);
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

function* lengths(tokens: Iterable<string>): Generator<number> {
  for (const token of tokens) yield token.length;
}
