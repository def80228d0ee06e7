/** Prompts and lengths of a load: drawn, so that no two prompts begin alike for long, and the same for every seed. */
import { mulberry32 } from '../../../src/random.ts';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export class Mix {
  readonly #random: () => number;
  readonly #ids: readonly number[];

  /** @param ids  what prompts are made of */
  constructor(seed: number, ids: readonly number[]) {
    this.#random = mulberry32(seed);
    this.#ids = ids;
  }

  /** A whole number, both ends included. */
  between({ least, most }: Range): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  prompt(length: Range): number[] {
    const tokens = this.between(length);
    const from = Math.floor(this.#random() * (this.#ids.length - tokens));
    return this.#ids.slice(from, from + tokens);
  }
}
