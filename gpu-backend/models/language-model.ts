import type { PromptReader } from '../../src/tokens/prompt.ts';

/** A policy as the engine sees it: ids in, logits out, over the rows of a key/value cache. */
export interface LanguageModel extends PromptReader {
  readonly kind: 'policy';
  readonly name: string;
  readonly fingerprint: string;
  /** Ids are below this. */
  readonly vocabulary: number;
  /** Ids that end a text. */
  readonly endTokens: ReadonlySet<number>;
  /** Memory for `rows` sequences, with its own inputs and outputs. */
  allocate(rows: number): LanguageRows;
  release(): void;
}

/**
 * Rows of a key/value cache and the runs over them. Nothing may touch the arrays, nor copy a row, between the start of a
 * run and its end.
 */
export interface LanguageRows {
  /** Next token of each row, [rows]: input of `decode`. */
  readonly ids: BigInt64Array;
  /** Ones over what each row holds, the next token included, [rows, context]: input of `decode`. */
  readonly mask: BigInt64Array;
  /**
   * Reads one token in each of the first `rows` rows, from `ids` and `mask`.
   *
   * @returns logits of the next ones, [rows, vocabulary]; good until the next run
   */
  decode(rows: number): Promise<Float32Array>;
  /**
   * Reads several tokens into one row on top of the `past` ones that it holds.
   *
   * @returns logits after the last one, [vocabulary]; the caller's to keep
   */
  prefill(row: number, tokens: readonly number[], past: number): Promise<Float32Array>;
  /** Copies the first `length` positions of one row over those of another. */
  copyRow(from: number, to: number, length: number): void;
  release(): void;
}
