import type { LanguageRows } from '../models/language-model.ts';

/** The rows of a cache as this file needs them. */
export type Rows = Pick<LanguageRows, 'copyRow'>;

/**
 * Slots in one buffer. Those in use are always the first ones, so that a run binds the beginning of the buffer and nothing
 * else. One more row, behind them, is where prompts and prefixes are read: sequences start as copies of it.
 */
export class KvCache {
  readonly slots: number;
  readonly #rows: Rows;
  /** Positions held by each slot in use; its length is the number of those. */
  readonly #lengths: number[] = [];
  /** What the reading row holds, and for whom. */
  #read: { owner: object; tokens: readonly number[] } | null = null;

  /** @param rows  a cache of `slots` + 1 rows */
  constructor(rows: Rows, slots: number) {
    this.#rows = rows;
    this.slots = slots;
  }

  get used(): number {
    return this.#lengths.length;
  }

  get free(): number {
    return this.slots - this.used;
  }

  /** The row where prompts and prefixes are read. */
  get readingRow(): number {
    return this.slots;
  }

  /** How many of these tokens the reading row already holds for this owner, as its beginning. */
  alreadyRead(owner: object, tokens: readonly number[]): number {
    if (this.#read?.owner !== owner) return 0;
    const held = this.#read.tokens;
    let shared = 0;
    while (shared < held.length && shared < tokens.length && held[shared] === tokens[shared]) shared++;
    return shared;
  }

  /** Says what the reading row holds now. */
  setRead(owner: object, tokens: readonly number[]): void {
    this.#read = { owner, tokens };
  }

  /** Takes the next slot as a copy of the reading row; ask `free` first. */
  take(): number {
    const length = this.#read?.tokens.length ?? 0;
    const slot = this.#lengths.push(length) - 1;
    this.#rows.copyRow(this.readingRow, slot, length);
    return slot;
  }

  /** Every slot in use holds one position more. */
  advance(): void {
    for (let slot = 0; slot < this.#lengths.length; slot++) this.#lengths[slot]!++;
  }

  /** Gives a slot back: the last one in use moves into its place, so the caller's list must move the same way. */
  leave(slot: number): void {
    const last = this.#lengths.length - 1;
    const length = this.#lengths.pop()!;
    if (slot === last) return;
    this.#rows.copyRow(last, slot, length);
    this.#lengths[slot] = length;
  }
}
