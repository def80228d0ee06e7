import type { CacheShape } from '../models/language-model.ts';
import type { Positions } from '../models/reward-model.ts';
import type { PrefixStore } from './prefix-tree.ts';
import { type Segment, Segments } from './segments.ts';

/** What a run gave of the positions behind a past of this length. */
interface Computed {
  readonly past: number;
  readonly added: Positions;
}

/**
 * Keys and values of positions that a reward has read, in the host's memory, and the score that was read at each. Pages
 * that were never written take none.
 */
export class KeptPositions implements PrefixStore {
  /** Positions that there is room for. */
  readonly size: number;
  /** Of the run whose rows are kept now. */
  computed: Computed | null = null;
  readonly #shapes: readonly CacheShape[];
  /** One a cache, [heads, size, bytes]. */
  readonly #arrays: readonly Uint8Array[];
  /** NaN where none was read. */
  readonly #scores: Float64Array;
  readonly #segments: Segments;
  /** Of the run under way, one a cache: made anew for each they would be most of what is thrown away. */
  readonly #past: Uint8Array[];

  /** @param bytes  of all of it at most */
  constructor(shapes: readonly CacheShape[], bytes: number) {
    const positionBytes = shapes.reduce((sum, shape) => sum + shape.heads * shape.bytes, Float64Array.BYTES_PER_ELEMENT);
    this.size = Math.floor(bytes / positionBytes);
    this.#shapes = shapes;
    this.#arrays = shapes.map((shape) => new Uint8Array(shape.heads * this.size * shape.bytes));
    this.#scores = new Float64Array(this.size);
    this.#segments = new Segments(this.size);
    this.#past = shapes.map(() => new Uint8Array());
  }

  get used(): number {
    return this.#segments.used;
  }

  canKeep(count: number): boolean {
    return count <= this.size - this.used;
  }

  keep(row: number, from: number, to: number): Segment[] {
    const { past, added } = this.computed!;
    const segments = this.#segments.take(to - from);
    let at = from - past;
    for (const { start, length } of segments) {
      this.#scores.fill(Number.NaN, start, start + length);
      for (const [cache, { heads, bytes }] of this.#shapes.entries())
        for (let head = 0; head < heads; head++) {
          const first = ((row * heads + head) * added.length + at) * bytes;
          const read = added.arrays[cache]!.subarray(first, first + length * bytes);
          this.#arrays[cache]!.set(read, (head * this.size + start) * bytes);
        }
      at += length;
    }
    return segments;
  }

  drop(segments: readonly Segment[]): void {
    this.#segments.give(segments);
  }

  /** A past of rows that each begin with so many of these positions; good until the next one is made. */
  pastOf(rows: readonly (readonly Segment[])[], length: number): Positions {
    for (const [cache, { heads, bytes }] of this.#shapes.entries()) this.#makeRoom(cache, rows.length * heads * length * bytes);
    const arrays = this.#past;
    for (const [row, segments] of rows.entries()) {
      let at = 0;
      for (const segment of segments) {
        const count = Math.min(segment.length, length - at);
        for (const [cache, { heads, bytes }] of this.#shapes.entries())
          for (let head = 0; head < heads; head++) {
            const first = (head * this.size + segment.start) * bytes;
            const kept = this.#arrays[cache]!.subarray(first, first + count * bytes);
            arrays[cache]!.set(kept, ((row * heads + head) * length + at) * bytes);
          }
        at += count;
      }
    }
    return { length, arrays };
  }

  #makeRoom(cache: number, bytes: number): void {
    if (this.#past[cache]!.length < bytes) this.#past[cache] = new Uint8Array(bytes);
  }

  /** The score that was read at a place of a text, NaN where none was or the text is not known so far. */
  scoreAt(segments: readonly Segment[], place: number): number {
    const position = positionOf(segments, place);
    return position === null ? Number.NaN : this.#scores[position]!;
  }

  setScore(segments: readonly Segment[], place: number, score: number): void {
    const position = positionOf(segments, place);
    if (position !== null) this.#scores[position] = score;
  }
}

function positionOf(segments: readonly Segment[], place: number): number | null {
  let left = place;
  for (const { start, length } of segments) {
    if (left < length) return start + left;
    left -= length;
  }
  return null;
}
