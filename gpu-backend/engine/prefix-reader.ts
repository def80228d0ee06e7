import type { RewardInput } from '../../src/tokens/reward-row.ts';
import type { PastReading } from '../models/reward-model.ts';
import { KeptPositions } from './kept-positions.ts';
import { type EngineObserver, unobserved } from './observer.ts';
import { type PrefixMatch, PrefixTree } from './prefix-tree.ts';
import type { BatchReader } from './scorer.ts';

/** What is told of its work. */
export type ReadingObserver = Pick<EngineObserver, 'prefix' | 'step'>;

/** A text, and what is known of it; pinned until it has been read. */
interface Known {
  readonly row: RewardInput;
  readonly match: PrefixMatch;
  /** Positions that need not be computed again: up to the first score that is missing. 0 where its run has no room for them. */
  readonly past: number;
  /** One for each step's end, NaN where it was not read yet. */
  readonly values: number[];
}

// Of the memory, for what is kept; what the rows of a run have, past and new, gets the rest.
const KEPT_SHARE = 0.5;
// Positions that a row computes again rather than be run alone: a run of its own costs as much.
const STEP_BACK = 16;
// Positions that are saved where a beginning that several texts share is read before them: fewer are not worth a run.
const WORTH_A_RUN = 64;

/**
 * Reads texts for a reward on top of what it has read before: keys, values and scores of beginnings are kept, the least
 * recently used go first. A beginning that several texts of a batch share is read once. One `read` at a time.
 */
export class PrefixReader implements BatchReader {
  readonly #model: PastReading;
  readonly #observer: ReadingObserver;
  readonly #kept: KeptPositions;
  readonly #tree: PrefixTree;
  /** Positions of all rows of a run. */
  readonly #runPositions: number;

  /** @param bytes  of keys and values, of what is kept and of the rows of a run together */
  constructor(model: PastReading, bytes: number, observer: ReadingObserver = unobserved) {
    this.#model = model;
    this.#observer = observer;
    this.#kept = new KeptPositions(model.caches, bytes * KEPT_SHARE);
    this.#tree = new PrefixTree(this.#kept);
    const positionBytes = model.caches.reduce((sum, { heads, bytes: each }) => sum + heads * each, 0);
    this.#runPositions = Math.floor((bytes * (1 - KEPT_SHARE)) / positionBytes);
  }

  /** Positions that are kept. */
  get kept(): number {
    return this.#kept.used;
  }

  /** Tokens of a text that would be computed now. */
  lengthOf(row: RewardInput): number {
    const known = this.#known(row);
    this.#tree.release(known.match);
    return row.ids.length - known.past;
  }

  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    await this.#readBeginnings(rows);
    return this.#readAll(rows);
  }

  /** Reads beginnings that are not known and that several texts share, the shorter ones first. */
  async #readBeginnings(rows: readonly RewardInput[]): Promise<void> {
    for (let before = -1; ; ) {
      const matches = rows.map(({ ids }, index) => ({ index, ...this.#tree.match(ids) }));
      for (const match of matches) this.#tree.release(match);
      const known = matches.reduce((sum, { length }) => sum + length, 0);
      if (known <= before) return; // there was no room for what was read
      before = known;
      const beginnings = [...Map.groupBy(matches, ({ node }) => node).values()].flatMap((same) =>
        [...Map.groupBy(same, ({ index, length }) => rows[index]!.ids[length]).values()].flatMap((alike) => {
          const shared = sharedLength(alike.map(({ index }) => rows[index]!.ids));
          const saved = (alike.length - 1) * (shared - alike[0]!.length);
          if (saved < WORTH_A_RUN || shared > Math.min(this.#kept.size, this.#runPositions)) return [];
          const { ids, stepEnds } = rows[alike[0]!.index]!;
          return [{ ids: ids.slice(0, shared), stepEnds: stepEnds.filter((end) => end < shared) }];
        }),
      );
      if (beginnings.length === 0) return;
      await this.#readAll(beginnings);
    }
  }

  async #readAll(rows: readonly RewardInput[]): Promise<number[][]> {
    const read = new Map<RewardInput, number[]>();
    for (;;) {
      const known = rows.filter((row) => !read.has(row)).map((row) => this.#known(row));
      try {
        const unread = known.filter((each) => !isRead(each));
        for (const each of known) {
          if (!isRead(each)) continue;
          this.#observer.prefix(each.row.ids.length, each.row.ids.length);
          read.set(each.row, each.values);
        }
        if (unread.length === 0) break;
        const batch = this.#nextBatch(unread);
        for (const [index, values] of (await this.#run(batch)).entries()) read.set(batch[index]!.row, values);
      } finally {
        for (const { match } of known) this.#tree.release(match);
      }
    }
    return rows.map((row) => read.get(row)!);
  }

  #known(row: RewardInput): Known {
    const match = this.#tree.match(row.ids);
    const values = row.stepEnds.map((end) => this.#kept.scoreAt(match.segments, end));
    const missing = row.stepEnds.filter((_, index) => Number.isNaN(values[index]));
    return { row, match, values, past: this.#fits(row) ? Math.min(match.length, ...missing) : 0 };
  }

  #fits({ ids }: RewardInput): boolean {
    return ids.length <= this.#runPositions;
  }

  /** Those with the least past, and with them rows with little more, as many as one run takes. */
  #nextBatch(unread: readonly Known[]): Known[] {
    const whole = unread.filter(({ row }) => !this.#fits(row));
    if (whole.length > 0) return whole;
    const [first, ...others] = unread.toSorted((a, b) => a.past - b.past);
    const rows = first!.past > 0 ? this.#model.rows : Number.POSITIVE_INFINITY;
    const farthest = first!.past + (this.#model.rows > 1 ? STEP_BACK : 0);
    const batch = [first!];
    let longest = first!.row.ids.length;
    for (const each of others) {
      longest = Math.max(longest, each.row.ids.length);
      if (batch.length >= rows || each.past > farthest || (batch.length + 1) * longest > this.#runPositions) break;
      batch.push(each);
    }
    return batch;
  }

  /** Runs rows on the past that all of them have, and keeps what they have besides. */
  async #run(batch: readonly Known[]): Promise<number[][]> {
    const rows = batch.map(({ row }) => row);
    const began = performance.now();
    if (!this.#fits(rows[0]!)) {
      const whole = await this.#model.read(rows);
      this.#tell(rows, 0, performance.now() - began);
      return whole;
    }
    const past = Math.min(...batch.map((each) => each.past));
    const { values, added } = await this.#model.readAfter(
      this.#kept.pastOf(
        batch.map(({ match }) => match.segments),
        past,
      ),
      rows.map(({ ids, stepEnds }) => ({
        ids: ids.slice(past),
        stepEnds: stepEnds.filter((end) => end >= past).map((end) => end - past),
      })),
    );
    this.#tell(rows, past, performance.now() - began);
    this.#kept.computed = { past, added };
    const whole = batch.map((known, index) => {
      const given = values[index]![Symbol.iterator]();
      const all = known.row.stepEnds.map((end, place) => (end < past ? known.values[place]! : given.next().value!));
      if (all.every(Number.isFinite)) this.#keep(known.row, index, all);
      return all;
    });
    this.#kept.computed = null;
    return whole;
  }

  #keep({ ids, stepEnds }: RewardInput, row: number, values: readonly number[]): void {
    this.#tree.insert(ids, row);
    const match = this.#tree.match(ids);
    for (const [index, end] of stepEnds.entries()) this.#kept.setScore(match.segments, end, values[index]!);
    this.#tree.release(match);
  }

  #tell(rows: readonly RewardInput[], past: number, ms: number): void {
    for (const { ids } of rows) this.#observer.prefix(ids.length, past);
    const positions = rows.reduce((sum, { ids }) => sum + ids.length - past, 0);
    this.#observer.step({ kind: 'read', tokens: 0, positions, ms });
  }
}

const isRead = ({ row, past }: Known): boolean => past === row.ids.length;

/** Tokens that all of these begin with. */
function sharedLength([first, ...others]: readonly (readonly number[])[]): number {
  let shared = first!.length;
  for (const other of others) {
    let length = 0;
    while (length < Math.min(shared, other.length) && other[length] === first![length]) length++;
    shared = length;
  }
  return shared;
}
