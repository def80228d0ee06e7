import type { Call } from './call.ts';
import { type Group, putBack } from './group.ts';
import type { KvCache } from './kv-cache.ts';
import { PrefixTree } from './prefix-tree.ts';
import { callOf, type Occupant, Rows } from './rows.ts';
import type { Sequence } from './sequence.ts';

/**
 * Who holds which row, and what is kept of those that left: every move of keys and values goes through here. A group takes
 * a row to be read, its sequences start as copies of it, and what was computed stays in the prefix tree.
 */
export class Seats {
  readonly #cache: KvCache;
  readonly #rows: Rows;
  readonly #prefixes: PrefixTree;

  constructor(cache: KvCache) {
    this.#cache = cache;
    this.#rows = new Rows(cache);
    this.#prefixes = new PrefixTree(cache);
  }

  /** Occupants of the first rows: those of the next step. */
  get active(): readonly Occupant[] {
    return this.#rows.active;
  }

  /** The group of which many tokens are being read, and its row. */
  get reader(): { group: Group; row: number } | null {
    const group = this.#rows.reader;
    return group && { group, row: this.#rows.readerRow };
  }

  fits({ tokens }: Group): boolean {
    return this.#rows.fits(tokens.length + 1);
  }

  /** Whether a group may begin to be read now: there is a row, and many tokens are read by one group at a time. */
  canBegin(group: Group): boolean {
    if (!this.fits(group)) return false;
    if (!this.#rows.reader) return true;
    const known = this.#prefixes.match(group.tokens, mostKnown(group));
    this.#prefixes.release(known);
    return known.length === group.tokens.length - 1;
  }

  /**
   * A group begins to be read, behind what is known of it: the last token is always computed, for its logits.
   *
   * @returns how many of its positions are known
   */
  begin(group: Group): number {
    const { tokens } = group;
    const known = this.#prefixes.match(tokens, mostKnown(group));
    group.reading = true;
    if (known.length === tokens.length - 1) this.#rows.join({ kind: 'group', group }, tokens.length + 1, known.segments);
    else this.#rows.read(group, known.segments);
    this.#prefixes.release(known);
    return known.length;
  }

  /** Of the group behind the active ones one token is left to be read: it is one of them. Others may go on from its beginning. */
  readerJoins(group: Group): void {
    this.#prefixes.insert(group.tokens.slice(0, -1), this.#rows.readerRow);
    this.#rows.readerBecomes({ kind: 'group', group });
  }

  rowOf(occupant: Occupant): number {
    return this.#rows.rowOf(occupant);
  }

  /** Keeps what the row of a group holds; false where there is no room for it. */
  keep(group: Group, row: number): boolean {
    group.reading = false;
    return this.#prefixes.insert(group.tokens, row);
  }

  /** Keeps it from being evicted until `forget`. */
  pin(group: Group): void {
    group.kept = this.#prefixes.match(group.tokens);
  }

  forget(group: Group): void {
    if (group.kept) this.#prefixes.release(group.kept);
    group.kept = null;
  }

  /** A sequence of a group that was read earlier takes a row. */
  join(sequence: Sequence, group: Group): void {
    this.#rows.join({ kind: 'sequence', sequence }, group.tokens.length + 1, group.kept!.segments);
  }

  /** A sequence takes the row of its group over. */
  takeOver(sequence: Sequence, row: number): void {
    this.#rows.handOver(row, { kind: 'sequence', sequence });
  }

  /** A sequence starts as a copy of a row that has just been read. */
  fork(sequence: Sequence, row: number): void {
    this.#rows.fork({ kind: 'sequence', sequence }, row);
  }

  /** Gives a row back; what was computed of an ended sequence is kept for whoever goes on from there. */
  leave(row: number, ended?: Sequence): void {
    if (ended) this.#prefixes.insert([...ended.before, ...ended.tokens].slice(0, this.#cache.lengthOf(row)), row);
    this.#rows.leave(row);
  }

  dropReader(): void {
    this.#rows.dropReader();
  }

  /** The group that is being read gives its row up, and goes on later from what is kept; false where it cannot be kept. */
  setAside(group: Group, row: number): boolean {
    const length = this.#cache.lengthOf(row);
    if (!this.#prefixes.insert(group.tokens.slice(0, length), row)) return false;
    group.computed = Math.max(group.computed, length);
    group.reading = false;
    this.#rows.dropReader();
    return true;
  }

  /** Makes room for one position more in every active row; false where one of them must give way first. */
  growForStep(): boolean {
    return this.#cache.growForStep();
  }

  /**
   * The reader, else one of the active ones, gives its row up to make room.
   *
   * @returns what goes on later from what it had, where it was a sequence
   */
  giveWay(): Group | null {
    if (this.#rows.reader) {
      this.#rows.reader.reading = false;
      this.#rows.dropReader();
      return null;
    }
    const row = this.#leastUrgent();
    const occupant = this.#rows.active[row]!;
    if (occupant.kind === 'group') {
      occupant.group.reading = false;
      this.#rows.leave(row);
      return null;
    }
    this.leave(row, occupant.sequence);
    return putBack(occupant.sequence);
  }

  /** Of the least urgent calls the one with the most rows, of its rows the shortest: it loses the least. */
  #leastUrgent(): number {
    const rank = (row: number): number[] => {
      const call: Call = callOf(this.#rows.active[row]!);
      return [call.priority, call.rows, -this.#cache.lengthOf(row)];
    };
    return [...this.#rows.active.keys()].reduce((worst, row) => (compare(rank(row), rank(worst)) > 0 ? row : worst), 0);
  }
}

/** Positions that need not be computed where they are known: all but the last one, or but those whose logits are wanted. */
const mostKnown = ({ tokens, measurement }: Group): number =>
  measurement ? Math.min(measurement.from, tokens.length) - 1 : tokens.length - 1;

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [place, value] of a.entries()) if (value !== b[place]) return value - b[place]!;
  return 0;
}
