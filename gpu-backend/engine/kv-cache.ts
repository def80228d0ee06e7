import type { KvMemory, KvStorage } from '../models/kv-storage.ts';
import type { CacheShape, KvBuffer } from '../models/language-model.ts';
import { HostStorage } from './host-storage.ts';
import { type Segment, Segments } from './segments.ts';

export interface KvLimits {
  /** Memory of all keys and values, of rows and kept prefixes together. */
  readonly bytes: number;
  /** Rows that decode together. */
  readonly rows: number;
  /** Positions of the longest text. */
  readonly context: number;
}

// A row gets room in steps of so many positions, so that short texts do not pay for long ones.
const CHUNK = 256;
// What a row that outgrows its room gets at least: so a long text is moved a few times, not at each chunk.
const GROWTH = 1.5;
// Of the memory, for prefixes that requests left; rows get the rest.
const PREFIX_SHARE = 0.25;

/**
 * What lies where in the memory of one model's keys and values: rows of sequences, and kept prefixes. Rows in use are always
 * the first ones, so that a run binds the beginning of the memory and nothing else; a row is moved over its live length only.
 */
export class KvCache implements KvBuffer {
  readonly storage: KvStorage;
  readonly maxRows: number;
  /** Positions of the longest text that has a place here. */
  readonly context: number;
  /** Bytes of one position in all caches together. */
  readonly positionBytes: number;
  /** Positions of all rows together. */
  readonly #positions: number;
  readonly #prefixes: Segments;
  /** Positions held by each row in use; its length is the number of those. */
  readonly #lengths: number[] = [];
  /** Positions that each of them was promised room for; 0 once it holds something else. */
  readonly #promised: number[] = [];
  readonly #resized: () => void;
  #capacity: number;

  /**
   * @param resized  told when the capacity has changed
   * @param memory  of a device; the host's where absent
   * @throws Error where not even one text of two tokens fits
   */
  constructor(shapes: readonly CacheShape[], limits: KvLimits, resized: () => void, memory?: KvMemory | null) {
    this.#resized = resized;
    this.positionBytes = shapes.reduce((sum, { heads, bytes }) => sum + heads * bytes, 0);
    const positions = Math.floor(limits.bytes / this.positionBytes);
    const spareRows = memory?.spareRows ?? 0;
    // a prefix as long as the context must have a place, or its sequences could not start one after the other
    this.context = Math.min(limits.context, Math.floor(positions / (2 + spareRows)));
    if (this.context < 2) {
      const least = (4 + 2 * spareRows) * this.positionBytes;
      throw new Error(`max_kv_bytes is ${limits.bytes}; one text of two tokens needs ${least}.`);
    }
    const all = positions - spareRows * this.context;
    const kept = Math.max(this.context, Math.floor(all * PREFIX_SHARE));
    this.#capacity = Math.min(CHUNK, this.context);
    // never more than all rows could fill
    this.#positions = Math.min(all - kept, limits.rows * this.context);
    this.#prefixes = new Segments(Math.min(kept, Math.max(this.context, limits.rows * this.context)));
    this.maxRows = Math.max(1, Math.min(limits.rows, Math.floor(this.#positions / this.#capacity)));
    const sizes = { rows: this.#positions, kept: this.#prefixes.size };
    this.storage = memory?.allocate(sizes, this.context) ?? new HostStorage(shapes, sizes);
  }

  get arrays(): readonly Uint8Array[] {
    return this.storage.arrays;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get used(): number {
    return this.#lengths.length;
  }

  /** Positions that prefixes take. */
  get kept(): number {
    return this.#prefixes.used;
  }

  /** Part of the rows' memory that live positions take, 0 to 1. */
  get usage(): number {
    return this.#lengths.reduce((sum, length) => sum + length, 0) / this.#positions;
  }

  lengthOf(row: number): number {
    return this.#lengths[row]!;
  }

  /** Rows that there may be when each has room for `length` positions. */
  rowsAt(length: number): number {
    return Math.min(this.maxRows, Math.floor(this.#positions / this.#rounded(length)));
  }

  /** Whether one more row of `length` positions fits beside those in use, moved closer together if need be. */
  fits(length: number): boolean {
    return this.used < this.rowsAt(Math.max(length, this.#needed));
  }

  /** Takes the next row, empty, with room for `length` positions; ask `fits` first. */
  take(length: number): number {
    const needed = Math.max(length, this.#needed);
    const crowded = this.used >= Math.min(this.maxRows, Math.floor(this.#positions / this.#capacity));
    if (length > this.#capacity || crowded) this.#resize(this.#rounded(needed));
    this.#promised.push(length);
    return this.#lengths.push(0) - 1;
  }

  /**
   * Makes room for one position more in every row.
   *
   * @returns false where there is none: a row must leave first
   */
  growForStep(): boolean {
    const needed = this.#needed;
    if (needed <= this.#capacity) return true;
    if (this.used > this.rowsAt(needed)) return false;
    const wanted = this.#rounded(Math.ceil(this.#capacity * GROWTH));
    this.#resize(this.used <= this.rowsAt(wanted) ? wanted : this.#rounded(needed));
    return true;
  }

  /** Says how many positions a row holds now; 0 is a new beginning, which was promised nothing. */
  hold(row: number, length: number): void {
    if (length === 0) this.#promised[row] = 0;
    this.#lengths[row] = length;
  }

  /** Copies all that one row holds over another, and what it was promised. */
  copy(from: number, to: number): void {
    const length = this.#lengths[from]!;
    this.storage.copy({ row: from, at: 0 }, { row: to, at: 0 }, length, this.#capacity);
    this.#lengths[to] = length;
    this.#promised[to] = this.#promised[from]!;
  }

  /** Gives the last row back. */
  pop(): void {
    this.#lengths.pop();
    this.#promised.pop();
    if (this.used === 0) this.#resize(Math.min(CHUNK, this.context));
  }

  /** Whether so many positions can be kept now. */
  canKeep(count: number): boolean {
    return count <= this.#prefixes.size - this.#prefixes.used;
  }

  /** Keeps positions `from` to `to` of a row; ask `canKeep` first. */
  keep(row: number, from: number, to: number): Segment[] {
    const segments = this.#prefixes.take(to - from);
    let at = from;
    for (const segment of segments) {
      this.storage.copy({ row, at }, { kept: segment.start }, segment.length, this.#capacity);
      at += segment.length;
    }
    return segments;
  }

  /** Copies kept positions to a row, behind what it holds. */
  load(segments: readonly Segment[], row: number): void {
    for (const { start, length } of segments) {
      this.storage.copy({ kept: start }, { row, at: this.#lengths[row]! }, length, this.#capacity);
      this.#lengths[row]! += length;
    }
  }

  release(): void {
    this.storage.release();
  }

  /** Gives kept positions back. */
  drop(segments: readonly Segment[]): void {
    this.#prefixes.give(segments);
  }

  /** Positions that every row must have room for: one more than the longest holds, and what was promised. */
  get #needed(): number {
    return this.#lengths.reduce((most, length, row) => Math.max(most, length + 1, this.#promised[row]!), 1);
  }

  #rounded(length: number): number {
    return Math.min(this.context, Math.ceil(length / CHUNK) * CHUNK);
  }

  /** Moves every row to its place at another capacity. */
  #resize(capacity: number): void {
    if (capacity === this.#capacity) return;
    this.storage.resize(this.#lengths, this.#capacity, capacity);
    this.#capacity = capacity;
    this.#resized();
  }
}
