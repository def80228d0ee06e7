import { DeviceMemory, type DeviceTensor } from '../ort/device-memory.ts';
import { PositionMover, type Units } from '../ort/position-mover.ts';
import type { Session } from '../ort/session.ts';
import { type ElementType, elementBytes } from '../ort/tensor.ts';
import type { KvSizes, KvStorage, Place } from './kv-storage.ts';

/** Keys (or values) of a layer, as a graph on a device reads and writes them. */
export interface DeviceCache {
  /** The input that reads them; the memory is the one it is read from. */
  readonly past: string;
  readonly heads: number;
  readonly headSize: number;
  readonly type: ElementType;
}

/** What is moved between two runs, at once: position -> the position that it is a copy of. */
interface Batch {
  readonly moves: Map<number, number>;
  /** Room of rows, of what is read and of what is written. */
  readonly from: number;
  readonly to: number;
}

/**
 * Keys and values in the memory of a device, in one allocation a cache. What the cache asks for is noted, and done by
 * `settle` before the next run: all copies that follow each other are one run of a small graph, whatever their number.
 */
export class DeviceStorage implements KvStorage {
  readonly arrays: readonly Uint8Array[] = [];
  readonly #caches: readonly DeviceCache[];
  /** Of every cache: a unit is one position of one head. */
  readonly #heads: number;
  readonly #sizes: KvSizes;
  readonly #addressable: boolean;
  readonly #mover: PositionMover;
  readonly #store: Units;
  /** One row apart, where a row cannot be bound alone. */
  readonly #spare: Units | null;
  #batches: Batch[] = [];
  #cleared = false;

  /** @throws Error where the device has not so much memory */
  constructor(session: Session, caches: readonly DeviceCache[], sizes: KvSizes, spare: number) {
    this.#caches = caches;
    this.#heads = caches[0]!.heads;
    this.#sizes = sizes;
    this.#addressable = session.device.addressable;
    const words = caches.map(({ headSize, type }) => (headSize * elementBytes[type]) / elementBytes.int32);
    const allocate = (positions: number): Units => {
      const units = positions * this.#heads;
      return { units, memories: allocated(session, caches, units, words) };
    };
    this.#store = allocate(sizes.rows + sizes.kept);
    this.#spare = spare > 0 ? allocate(spare) : null;
    this.#mover = new PositionMover(session.library, session.device, words);
  }

  copy(from: Place, to: Place, length: number, capacity: number): void {
    const last = this.#batches.at(-1);
    const batch = last && last.from === capacity && last.to === capacity ? last : this.#begin(capacity, capacity);
    const first = this.#positionOf(from, capacity);
    const second = this.#positionOf(to, capacity);
    // all that a batch reads is read before it writes: what is itself a copy is read where that came from
    const sources = Array.from({ length }, (_, index) => batch.moves.get(first + index) ?? first + index);
    for (const [index, source] of sources.entries()) batch.moves.set(second + index, source);
  }

  resize(lengths: readonly number[], from: number, to: number): void {
    const { moves } = this.#begin(from, to);
    for (const [row, length] of lengths.entries()) for (let at = 0; at < length; at++) moves.set(row * to + at, row * from + at);
  }

  /** Does what was asked for since the last time. Before each run. */
  async settle(): Promise<void> {
    if (!this.#cleared) {
      this.#cleared = true;
      // memory of a device begins with anything: a position that is not a number would count even where it is masked
      for (const units of [this.#store, this.#spare]) if (units) await this.#mover.clear(units);
    }
    const batches = this.#batches;
    this.#batches = [];
    for (const { moves, from, to } of batches) {
      const reads: number[] = [];
      const writes: number[] = [];
      for (const [target, source] of moves) {
        if (target === source && from === to) continue;
        for (let head = 0; head < this.#heads; head++) {
          reads.push(this.#unitOf(source, head, from));
          writes.push(this.#unitOf(target, head, to));
        }
      }
      await this.#mover.move(this.#store, this.#store, reads, writes);
    }
  }

  /** Tensors [rows, heads, capacity, size] of the first rows. */
  rows(count: number, capacity: number): DeviceTensor[] {
    return this.#views(this.#store, count, capacity, 0);
  }

  /** Whether a row can be bound alone. */
  binds(row: number): boolean {
    return row === 0 || this.#addressable;
  }

  /** Tensors [1, heads, capacity, size] of a row that can be bound alone, or of the spare row in its place. */
  row(row: number, capacity: number): DeviceTensor[] {
    return this.binds(row) ? this.#views(this.#store, 1, capacity, row) : this.#views(this.#spare!, 1, capacity, 0);
  }

  /** Copies what a row holds to the spare row. */
  lend(row: number, length: number, capacity: number): Promise<void> {
    const { inRow, inSpare } = this.#unitsOf(row, 0, length, capacity);
    return this.#mover.move(this.#store, this.#spare!, inRow, inSpare);
  }

  /** Copies positions from the spare row back to a row. */
  giveBack(row: number, from: number, length: number, capacity: number): Promise<void> {
    const { inRow, inSpare } = this.#unitsOf(row, from, length, capacity);
    return this.#mover.move(this.#spare!, this.#store, inSpare, inRow);
  }

  release(): void {
    for (const units of [this.#store, this.#spare]) for (const memory of units?.memories ?? []) memory.release();
    this.#mover.release();
  }

  #begin(from: number, to: number): Batch {
    const batch = { moves: new Map<number, number>(), from, to };
    this.#batches.push(batch);
    return batch;
  }

  #views({ memories }: Units, rows: number, capacity: number, first: number): DeviceTensor[] {
    return this.#caches.map(({ heads, headSize, type }, index) => {
      const from = first * heads * capacity * headSize * elementBytes[type];
      return memories[index]!.view(type, [rows, heads, capacity, headSize], from);
    });
  }

  /** Rows first, then what is kept. */
  #positionOf(place: Place, capacity: number): number {
    return 'row' in place ? place.row * capacity + place.at : this.#sizes.rows + place.kept;
  }

  #unitOf(position: number, head: number, capacity: number): number {
    const { rows, kept } = this.#sizes;
    if (position >= rows) return rows * this.#heads + head * kept + (position - rows);
    const row = Math.floor(position / capacity);
    return (row * this.#heads + head) * capacity + (position % capacity);
  }

  #unitsOf(row: number, from: number, length: number, capacity: number): { inRow: number[]; inSpare: number[] } {
    const of = (first: number) =>
      Array.from({ length: length * this.#heads }, (_, index) => {
        const head = Math.floor(index / length);
        return (first * this.#heads + head) * capacity + from + (index % length);
      });
    return { inRow: of(row), inSpare: of(0) };
  }
}

function allocated(session: Session, caches: readonly DeviceCache[], units: number, words: readonly number[]): DeviceMemory[] {
  const memories: DeviceMemory[] = [];
  try {
    for (const [index, { past }] of caches.entries())
      memories.push(new DeviceMemory(session, past, units * words[index]! * elementBytes.int32));
    return memories;
  } catch (cause) {
    for (const memory of memories) memory.release();
    const whole = words.reduce((sum, each) => sum + each, 0) * units * elementBytes.int32;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `${whole} bytes for keys and values could not be had on ${session.device.provider}; set max_kv_bytes lower. ${reason}`,
      { cause },
    );
  }
}
