import type { KvSizes, KvStorage, Place } from '../models/kv-storage.ts';
import type { CacheShape } from '../models/language-model.ts';

/** Keys and values in the memory of the host. Pages that were never written take none. */
export class HostStorage implements KvStorage {
  readonly arrays: readonly Uint8Array[];
  readonly #shapes: readonly CacheShape[];
  readonly #sizes: KvSizes;

  constructor(shapes: readonly CacheShape[], sizes: KvSizes) {
    this.#shapes = shapes;
    this.#sizes = sizes;
    const total = sizes.rows + sizes.kept;
    this.arrays = shapes.map(({ heads, bytes }) => new Uint8Array(total * heads * bytes));
  }

  copy(from: Place, to: Place, length: number, capacity: number): void {
    for (const [cache, { heads, bytes }] of this.#shapes.entries()) {
      const array = this.arrays[cache]!;
      const first = this.#headsOf(from, heads, capacity);
      const second = this.#headsOf(to, heads, capacity);
      for (let head = 0; head < heads; head++) {
        const start = (first.start + head * first.step) * bytes;
        array.copyWithin((second.start + head * second.step) * bytes, start, start + length * bytes);
      }
    }
  }

  resize(lengths: readonly number[], from: number, to: number): void {
    for (const [cache, { heads, bytes }] of this.#shapes.entries()) {
      const array = this.arrays[cache]!;
      const blocks = Array.from({ length: lengths.length * heads }, (_, block) => block);
      // apart from the last on, closer from the first on: no block is written over before it has moved
      if (to > from) blocks.reverse();
      for (const block of blocks) {
        const start = block * from * bytes;
        array.copyWithin(block * to * bytes, start, start + lengths[Math.floor(block / heads)]! * bytes);
      }
    }
  }

  /** Its pages go with it. */
  release(): void {}

  /** The position of the first head, and from one head to the next. */
  #headsOf(place: Place, heads: number, capacity: number): { start: number; step: number } {
    if ('row' in place) return { start: place.row * heads * capacity + place.at, step: capacity };
    const { rows, kept } = this.#sizes;
    return { start: rows * heads + place.kept, step: kept };
  }
}
