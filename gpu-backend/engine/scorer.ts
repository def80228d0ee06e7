import type { RewardInput } from '../../src/tokens/reward-row.ts';
import type { RewardModel, TextModel } from '../models/reward-model.ts';

// Tokens of one run, padding included. On two cores the embedded reward read 57,000 tokens/s in runs of 500 to 2,000 tokens,
// 42,000 in runs of 8,000: what lies between two operators then no longer fits the cache.
const BATCH_TOKENS = 2048;

interface Waiting extends Readable {
  readonly resolve: (reading: Reading) => void;
}

/** A text to be read, and how long anybody wants it. */
export interface Readable {
  readonly input: RewardInput;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** `values` of a failure: what its model gave for it, some of which is no number. */
export type Reading =
  | { readonly ok: true; readonly values: readonly number[] }
  | { readonly ok: false; readonly reason: string; readonly values?: readonly number[] };

/** Who reads a batch: the model, or what keeps its past. */
export interface BatchReader {
  read(rows: readonly RewardInput[]): Promise<number[][]>;
  /** Tokens of a text that would be computed now; all of them where absent. */
  lengthOf?(row: RewardInput): number;
}

/**
 * The queue of one reward model or embedder: texts of all callers, read together in batches of like lengths. A text that fails, or whose
 * numbers are not finite, fails alone.
 */
export class Scorer<Served extends TextModel = RewardModel> {
  readonly model: Served;
  readonly #reader: BatchReader;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(model: Served, reader: BatchReader = model) {
    this.model = model;
    this.#reader = reader;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  read(readable: Readable): Promise<Reading> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...readable, resolve });
      // what is asked in one turn of the event loop is read together
      this.#running ??= new Promise<void>((start) => setImmediate(start)).then(() => this.#drain());
    });
  }

  /** Waits for the run under way. */
  async close(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#dropUnwanted();
      const batch = this.#nextBatch();
      if (batch.length > 0) await this.#run(batch);
    }
    this.#running = null;
  }

  #dropUnwanted(): void {
    const now = performance.now();
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.signal.aborted) waiting.resolve({ ok: false, reason: 'The caller left.' });
      else if (waiting.deadline <= now)
        waiting.resolve({ ok: false, reason: 'The time of the request was up before this text was scored.' });
      else this.#waiting.push(waiting);
    }
  }

  /** The first one that waits, with those whose lengths are nearest below and above its own; all where they fit. */
  #nextBatch(): Waiting[] {
    const longestWhole = this.#waiting.reduce((most, { input }) => Math.max(most, input.ids.length), 0);
    if (longestWhole * this.#waiting.length <= BATCH_TOKENS) return this.#waiting.splice(0); // whatever is known of them
    const all = this.#waiting.map((waiting) => ({ waiting, length: this.#lengthOf(waiting.input) }));
    const first = all[0]!;
    const distance = ({ length }: { length: number }) => Math.abs(length - first.length);
    const batch: Waiting[] = [];
    let longest = 0;
    for (const { waiting, length } of all.toSorted((a, b) => distance(a) - distance(b))) {
      longest = Math.max(longest, length);
      if (batch.length > 0 && longest * (batch.length + 1) > BATCH_TOKENS) break;
      batch.push(waiting);
    }
    const taken = new Set(batch);
    for (const waiting of this.#waiting.splice(0)) if (!taken.has(waiting)) this.#waiting.push(waiting);
    return batch;
  }

  #lengthOf(input: RewardInput): number {
    return this.#reader.lengthOf?.(input) ?? input.ids.length;
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#reader.read(batch.map(({ input }) => input));
      for (const [row, { resolve }] of batch.entries()) resolve(reading(rows[row]!));
    } catch (cause) {
      console.error(cause); // the runtime's words name files and nodes: they are for the log
      for (const { resolve } of batch)
        resolve({ ok: false, reason: 'The reward model failed; the log of the backend says how.' });
    }
  }
}

function reading(values: readonly number[]): Reading {
  const wrong = values.find((value) => !Number.isFinite(value));
  return wrong === undefined ? { ok: true, values } : { ok: false, reason: `The reward model gave ${wrong}.`, values };
}
