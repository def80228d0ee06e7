import type { LanguageModel, LanguageRows, Outputs } from '../models/language-model.ts';
import { Call, type Ended, type EngineUsage, type Generation } from './call.ts';
import { type Group, groupsOf, measured } from './group.ts';
import { KvCache } from './kv-cache.ts';
import type { Measured, Wanted } from './measurement.ts';
import { type EngineObserver, unobserved } from './observer.ts';
import { callOf, type Occupant } from './rows.ts';
import { Scheduler } from './scheduler.ts';
import { Seats } from './seats.ts';
import type { Sequence } from './sequence.ts';
import { toldOf, Writer } from './writer.ts';

export interface EngineLimits {
  /** Candidates that decode together. */
  readonly slots: number;
  /** Candidates that may wait. */
  readonly maxWaiting: number;
  /** Memory of keys and values, in bytes. */
  readonly maxKvBytes: number;
}

/** Texts to be measured: each the tokens of a prompt and of what follows it. */
export interface MeasureRequest extends Pick<Generation, 'deadline' | 'signal' | 'priority'> {
  readonly prompt: readonly number[];
  readonly continuations: readonly (readonly number[])[];
  readonly wanted: Wanted;
}

// Tokens of a prompt that are read in one run: the longest that running sequences wait for a newcomer.
const CHUNK = 64;
// Where nobody waits.
const ALONE = 256;

/** Continuous batching over one policy: calls share its steps, join between two of them, and leave as they end. */
export class Engine {
  readonly model: LanguageModel;
  /** Tokens of prompt and text together: the model's, or what the memory holds. */
  readonly context: number;
  readonly #cache: KvCache;
  readonly #runs: LanguageRows;
  readonly #seats: Seats;
  readonly #writer: Writer;
  readonly #scheduler: Scheduler;
  readonly #observer: EngineObserver;
  readonly #closing = new AbortController();
  readonly #stopped: Promise<void>;
  /** A prompt is read in chunks with a step of the others between two of them, so that nobody waits long for it. */
  #readLast = false;

  constructor(model: LanguageModel, { slots, maxWaiting, maxKvBytes }: EngineLimits, observer: EngineObserver = unobserved) {
    this.model = model;
    const limits = { bytes: maxKvBytes, rows: slots, context: model.context };
    this.#cache = new KvCache(model.caches, limits, () => this.#runs.resized(), model.memory);
    this.context = this.#cache.context;
    this.#runs = model.rows(this.#cache);
    this.#seats = new Seats(this.#cache);
    this.#writer = new Writer(model, observer);
    this.#scheduler = new Scheduler({ maxWaiting, rows: this.#cache.maxRows });
    this.#observer = observer;
    this.#stopped = this.#loop();
  }

  /** Candidates that hold a row, those that wait for one; what keys and values take. */
  get stats() {
    const { active } = this.#seats;
    const positions = active.reduce((sum, _, row) => sum + this.#cache.lengthOf(row), 0);
    return {
      running: active.length,
      waiting: this.#scheduler.waiting,
      kvUsedFraction: this.#cache.usage,
      kvBytes: this.#cache.positionBytes * positions,
      prefixTokens: this.#cache.kept,
    };
  }

  /**
   * Writes the candidates of a call; `emit` is told of each as it ends. The promise is fulfilled when all have.
   *
   * @throws `rate_limit_exceeded` at once, before anything is spent
   */
  generate(generation: Generation, emit: (ended: Ended) => void): Promise<EngineUsage> {
    const count = generation.branches.reduce((sum, branch) => sum + branch.count, 0);
    const call = new Call(generation, count, emit);
    const { groups, full } = groupsOf(call, this.model, this.context);
    this.#add(call, groups);
    for (const sequence of full) this.#writer.end(sequence, 'length');
    return call.finished;
  }

  /**
   * Log-probabilities of texts that are given, at temperature 1: of their own tokens, and of answers that may follow.
   *
   * @returns one for each continuation, in order; null where its reading failed, was late or was cancelled
   * @throws `rate_limit_exceeded` at once
   */
  async measure(request: MeasureRequest): Promise<{ measured: readonly (Measured | null)[]; usage: EngineUsage }> {
    const { call, groups, results } = measured(request, this.model);
    this.#add(call, groups);
    const usage = await call.finished;
    return { measured: results.map((result) => result()), usage };
  }

  /** Ends the loop after the step under way and releases the memory; calls that are open then never end. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#scheduler.wake();
    await this.#stopped;
    this.#runs.release();
    this.#cache.release();
  }

  #add(call: Call, groups: readonly Group[]): void {
    this.#scheduler.add(call, groups, this.#cache.maxRows - this.#cache.used);
    this.#observer.added(call.waiting);
  }

  /** Choose who goes, run the model once, hand the new tokens on. Until it is closed. */
  async #loop(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#endCutShort();
      this.#admit();
      const { reader, active } = this.#seats;
      if (reader && (active.length === 0 || !this.#readLast)) await this.#read(reader.group, reader.row);
      else if (active.length > 0) await this.#decode();
      else await this.#scheduler.waitForWork();
    }
  }

  /** Callers that left give their rows back; where the time is up, what was written is the candidate. */
  #endCutShort(): void {
    const now = performance.now();
    const over = ({ generation }: Call) => generation.signal.aborted || generation.deadline <= now;
    for (let row = this.#seats.active.length - 1; row >= 0; row--) {
      const occupant = this.#seats.active[row]!;
      if (!over(callOf(occupant))) continue;
      this.#seats.leave(row);
      if (occupant.kind === 'sequence') this.#endOver(occupant.sequence);
    }
    const { reader } = this.#seats;
    if (reader && over(reader.group.call)) this.#seats.dropReader();
    for (const group of this.#scheduler.groupsOf(over)) this.#drop(group, (sequence) => this.#endOver(sequence));
  }

  #endOver(sequence: Sequence): void {
    this.#writer.end(sequence, sequence.call.generation.signal.aborted ? 'cancelled' : 'budget');
  }

  /** Gives rows to those whose turn it is, as long as there are any. */
  #admit(): void {
    for (;;) {
      const group = this.#scheduler.pick((each) => this.#seats.canBegin(each));
      if (group === null || (group.outputs !== null && !this.#seats.fits(group))) return;
      if (group.outputs === null) this.#begin(group);
      else this.#startNext(group, group.outputs, (sequence) => this.#seats.join(sequence, group));
    }
  }

  #begin(group: Group): void {
    const known = this.#seats.begin(group);
    group.measurement?.begin();
    group.call.reuse(Math.max(0, known - group.computed));
    this.#observer.prefix(group.tokens.length, known);
  }

  /**
   * Reads the next chunk of a group, up to its last token: that one is always a row of a step, so that what follows is the
   * same whether the others were read now or are known (kernels for one row and for many differ in the last digit).
   */
  async #read(group: Group, row: number): Promise<void> {
    this.#readLast = true;
    const { tokens, measurement } = group;
    const past = this.#cache.lengthOf(row);
    const last = tokens.length - 1;
    const longest = this.#seats.active.length > 0 || measurement ? CHUNK : ALONE;
    const chunk = tokens.slice(past, Math.min(last, past + longest));
    const began = performance.now();
    let outputs: Outputs;
    try {
      outputs = await this.#runs.read({ row, tokens: chunk, past, temperature: 1, wanted: measurement ? 'each' : 'last' });
    } catch (cause) {
      this.#seats.dropReader();
      this.#fail(group, cause);
      return;
    }
    this.#cache.hold(row, past + chunk.length);
    spend(group, past, chunk.length);
    if (measurement) for (const place of chunk.keys()) measurement.see(past + place, this.#outputsAt(outputs, place));
    this.#observer.step({ kind: 'read', tokens: 0, positions: chunk.length, ms: performance.now() - began });
    if (past + chunk.length === last) this.#seats.readerJoins(group);
    else this.#letShorterGo(group, row);
  }

  /** Between two chunks a long prompt steps aside for one that is soon read; what it has is kept, and it goes on from there. */
  #letShorterGo(group: Group, row: number): void {
    const left = group.tokens.length - this.#cache.lengthOf(row);
    if (group.measurement || !this.#scheduler.hasShorter(group, left / 2) || !this.#seats.setAside(group, row)) return;
    this.#scheduler.toTheEnd(group.call);
  }

  async #decode(): Promise<void> {
    this.#readLast = false;
    while (!this.#seats.growForStep()) this.#giveWay();
    const occupants = [...this.#seats.active];
    const began = performance.now();
    let outputs: Outputs;
    try {
      outputs = await this.#runs.decode({
        tokens: occupants.map(nextToken),
        lengths: occupants.map((_, row) => this.#cache.lengthOf(row)),
        temperatures: occupants.map((occupant) => callOf(occupant).generation.sampling.temperature),
      });
    } catch (cause) {
      this.#failAll(occupants, cause);
      return;
    }
    for (const row of occupants.keys()) this.#cache.hold(row, this.#cache.lengthOf(row) + 1);
    for (const [place, occupant] of occupants.entries()) this.#take(occupant, this.#outputsAt(outputs, place));
    const tokens = occupants.filter(({ kind }) => kind === 'sequence').length;
    this.#observer.step({ kind: 'decode', tokens, positions: occupants.length, ms: performance.now() - began });
  }

  /** Hands what a step says to the occupant of a row: those before it may have left, and moved it. */
  #take(occupant: Occupant, outputs: Outputs): void {
    const row = this.#seats.rowOf(occupant);
    if (occupant.kind === 'group') {
      const { group } = occupant;
      const last = group.tokens.length - 1;
      spend(group, last, 1);
      group.measurement?.see(last, outputs);
      this.#share(group, row, outputs);
      return;
    }
    const { sequence } = occupant;
    sequence.call.spend(1);
    if (!this.#writer.extend(sequence, outputs)) this.#seats.leave(row, sequence);
  }

  #outputsAt({ logits, probabilities }: Outputs, place: number): Outputs {
    const { vocabulary } = this.model;
    const part = (values: Float32Array) => values.subarray(place * vocabulary, (place + 1) * vocabulary);
    return { logits: part(logits), probabilities: probabilities && part(probabilities) };
  }

  /** A group has been read in this row: its first sequence takes it over, as many as fit copy it, the others wait. */
  #share(group: Group, row: number, outputs: Outputs): void {
    const kept = this.#seats.keep(group, row);
    let taken = false;
    while (group.sequences.length > 0 && (!taken || this.#seats.fits(group))) {
      this.#startNext(group, outputs, (sequence) => {
        if (taken) this.#seats.fork(sequence, row);
        else this.#seats.takeOver(sequence, row);
        taken = true;
      });
    }
    if (!taken) this.#seats.leave(row);
    group.computed = group.tokens.length;
    if (group.measurement) this.#endMeasurement(group);
    if (group.sequences.length === 0 || !kept) return; // not kept: it is read again when there is room for the next one
    group.outputs = copyOf(outputs);
    this.#seats.pin(group);
  }

  #endMeasurement(group: Group): void {
    this.#scheduler.remove(group);
    group.call.endOne();
  }

  /** Draws the first token of a group's next sequence, and seats it if it goes on. */
  #startNext(group: Group, outputs: Outputs, seat: (sequence: Sequence) => void): void {
    const sequence = this.#scheduler.takeSequence(group);
    if (sequence.tokens.length === 0) this.#observer.started(performance.now() - sequence.call.came);
    if (this.#writer.extend(sequence, outputs)) seat(sequence);
    if (group.sequences.length === 0) this.#seats.forget(group);
  }

  #giveWay(): void {
    this.#observer.preempted();
    const group = this.#seats.giveWay();
    if (group) this.#scheduler.putBack(group);
  }

  /** Takes a group out of the queue with all that waits in it. */
  #drop(group: Group, end: (sequence: Sequence) => void): void {
    this.#scheduler.remove(group);
    this.#seats.forget(group);
    for (const sequence of group.sequences.splice(0)) end(sequence);
    if (!group.measurement) return;
    group.measurement.failed = true;
    group.call.endOne();
  }

  #fail(group: Group, cause: unknown): void {
    if (group.measurement) toldOf(cause);
    this.#drop(group, (sequence) => this.#writer.fail(sequence, cause));
  }

  #failAll(occupants: readonly Occupant[], cause: unknown): void {
    for (const occupant of occupants) {
      this.#seats.leave(this.#seats.rowOf(occupant));
      if (occupant.kind === 'group') this.#fail(occupant.group, cause);
      else this.#writer.fail(occupant.sequence, cause);
    }
  }
}

const nextToken = (occupant: Occupant): number =>
  occupant.kind === 'group' ? occupant.group.tokens.at(-1)! : occupant.sequence.tokens.at(-1)!;

/** Books the reading of tokens of a group, those that its call had computed before apart. */
function spend({ call, computed }: Group, past: number, count: number): void {
  call.spend(count, Math.max(0, Math.min(past + count, computed) - past));
}

/** To be kept over the next run. */
const copyOf = ({ logits, probabilities }: Outputs): Outputs => ({
  logits: logits.slice(),
  probabilities: probabilities?.slice() ?? null,
});
