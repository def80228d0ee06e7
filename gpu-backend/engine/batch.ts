import type { LanguageRows } from '../models/language-model.ts';
import type { Sequence } from './sequence.ts';

type Inputs = Pick<LanguageRows, 'ids' | 'mask'>;

/**
 * Sequences to input tensors, ragged: each row its next token, and a mask with as many ones as it then has positions. The
 * mask is kept from step to step, so a step writes one number a row; a row that moved is made right by its difference.
 */
export class Batch {
  readonly #inputs: Inputs;
  readonly #context: number;
  /** Ones that each row of the mask has. */
  readonly #ones: Uint32Array;

  constructor(inputs: Inputs, context: number) {
    this.#inputs = inputs;
    this.#context = context;
    this.#ones = new Uint32Array(inputs.ids.length);
  }

  /** Writes the next step of these sequences, each into the row of its place. */
  fill(sequences: readonly Sequence[]): void {
    for (const [row, { start, tokens }] of sequences.entries()) {
      this.#inputs.ids[row] = BigInt(tokens.at(-1)!);
      this.#setOnes(row, start + tokens.length);
    }
  }

  #setOnes(row: number, wanted: number): void {
    const { mask } = this.#inputs;
    const origin = row * this.#context;
    const ones = this.#ones[row]!;
    if (wanted > ones) mask.fill(1n, origin + ones, origin + wanted);
    else mask.fill(0n, origin + wanted, origin + ones);
    this.#ones[row] = wanted;
  }
}
