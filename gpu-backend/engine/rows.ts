import type { Call } from './call.ts';
import type { Group } from './group.ts';
import type { KvCache } from './kv-cache.ts';
import type { Segment } from './segments.ts';
import type { Sequence } from './sequence.ts';

/** Who sits in a row: a sequence, or a group of which one token is left to be read. */
export type Occupant =
  | { readonly kind: 'sequence'; readonly sequence: Sequence }
  | { readonly kind: 'group'; readonly group: Group };

export const callOf = (occupant: Occupant): Call => (occupant.kind === 'sequence' ? occupant.sequence.call : occupant.group.call);

/**
 * Who sits where. Those that take part in the next step have the first rows; behind them is at most one group whose many
 * tokens are being read. It moves rows in the cache as it moves their owners.
 */
export class Rows {
  readonly #cache: KvCache;
  /** The occupant of row i. */
  readonly #active: Occupant[] = [];
  #reader: Group | null = null;

  constructor(cache: KvCache) {
    this.#cache = cache;
  }

  get active(): readonly Occupant[] {
    return this.#active;
  }

  get reader(): Group | null {
    return this.#reader;
  }

  /** The row of the group that is being read. */
  get readerRow(): number {
    return this.#active.length;
  }

  fits(length: number): boolean {
    return this.#cache.fits(length);
  }

  /** A group begins to be read, on top of what is kept of it. */
  read(group: Group, known: readonly Segment[]): void {
    const row = this.#take(group.call, group.tokens.length + 1);
    this.#cache.load(known, row);
    this.#reader = group;
  }

  /** A new row among the active ones, with what is kept. */
  join(occupant: Occupant, length: number, known: readonly Segment[]): void {
    this.#cache.load(known, this.#newActive(occupant, length));
  }

  /** A new row among the active ones, as a copy of another. */
  fork(occupant: Occupant, from: number): void {
    const row = this.#newActive(occupant, this.#cache.lengthOf(from) + 1);
    this.#cache.copy(from, row);
  }

  /** The row of a group becomes that of its first sequence. */
  handOver(row: number, occupant: Occupant): void {
    this.#active[row] = occupant;
  }

  /** The row behind the active ones is one of them now. */
  readerBecomes(occupant: Occupant): void {
    this.#reader = null;
    this.#active.push(occupant);
  }

  /** The group that was being read gives its row up. */
  dropReader(): void {
    if (!this.#reader) return;
    this.#reader.call.rows--;
    this.#reader = null;
    this.#cache.pop();
  }

  rowOf(occupant: Occupant): number {
    return this.#active.indexOf(occupant);
  }

  /** Gives an active row back: the last active one moves into its place, and the reader behind them. */
  leave(row: number): void {
    const last = this.#active.length - 1;
    callOf(this.#active[row]!).rows--;
    if (row < last) {
      this.#cache.copy(last, row);
      this.#active[row] = this.#active[last]!;
    }
    this.#active.pop();
    if (this.#reader) this.#cache.copy(last + 1, last);
    this.#cache.pop();
  }

  #newActive(occupant: Occupant, length: number): number {
    const taken = this.#take(callOf(occupant), length);
    const row = this.#active.push(occupant) - 1;
    if (this.#reader) this.#cache.copy(row, taken); // it was right behind the active ones, and is so again
    this.#cache.hold(row, 0);
    return row;
  }

  #take(call: Call, length: number): number {
    call.rows++;
    return this.#cache.take(length);
  }
}
