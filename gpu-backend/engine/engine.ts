import { WinnowError } from '../../schemas/errors.ts';
import type { LanguageModel, LanguageRows, Outputs } from '../models/language-model.ts';
import { Call, type Ended, type EngineUsage, type Generation } from './call.ts';
import { type Group, groupsOf, putBack } from './group.ts';
import { KvCache } from './kv-cache.ts';
import { logprobOf } from './logprobs.ts';
import { type EngineObserver, unobserved } from './observer.ts';
import { PrefixTree } from './prefix-tree.ts';
import { callOf, type Occupant, Rows } from './rows.ts';
import { Sampler } from './sampler.ts';
import { Scheduler } from './scheduler.ts';
import type { Sequence } from './sequence.ts';

export interface EngineLimits {
  /** Candidates that decode together. */
  readonly slots: number;
  /** Candidates that may wait. */
  readonly maxWaiting: number;
  /** Memory of keys and values, in bytes. */
  readonly maxKvBytes: number;
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
  readonly #rows: Rows;
  readonly #prefixes: PrefixTree;
  readonly #sampler: Sampler;
  readonly #scheduler: Scheduler;
  readonly #observer: EngineObserver;
  readonly #closing = new AbortController();
  readonly #stopped: Promise<void>;
  /** A prompt is read in chunks with a step of the others between two of them, so that nobody waits long for it. */
  #readLast = false;

  constructor(model: LanguageModel, { slots, maxWaiting, maxKvBytes }: EngineLimits, observer: EngineObserver = unobserved) {
    this.model = model;
    this.#cache = new KvCache(model.caches, { bytes: maxKvBytes, rows: slots, context: model.context }, () =>
      this.#runs.resized(),
    );
    this.context = this.#cache.context;
    this.#runs = model.rows(this.#cache);
    this.#rows = new Rows(this.#cache);
    this.#prefixes = new PrefixTree(this.#cache);
    this.#sampler = new Sampler(model.vocabulary);
    this.#scheduler = new Scheduler({ maxWaiting, rows: this.#cache.maxRows });
    this.#observer = observer;
    this.#stopped = this.#loop();
  }

  /** Candidates that hold a row, those that wait for one; what keys and values take. */
  get stats() {
    const kvBytes = this.#cache.positionBytes * this.#rows.active.reduce((sum, _, row) => sum + this.#cache.lengthOf(row), 0);
    return {
      running: this.#rows.active.length,
      waiting: this.#scheduler.waiting,
      kvUsedFraction: this.#cache.usage,
      kvBytes,
      prefixTokens: this.#cache.kept,
    };
  }

  /**
   * Writes the candidates of a call; `emit` is told of each as it ends. The promise is fulfilled when all have.
   *
   * @throws `rate_limit_exceeded` at once, before anything is spent
   */
  generate(generation: Generation, emit: (ended: Ended) => void): Promise<EngineUsage> {
    const call = new Call(generation, emit);
    const { groups, full } = groupsOf(call, this.model, this.context);
    this.#scheduler.add(call, groups, this.#cache.maxRows - this.#cache.used);
    this.#observer.added(call.waiting);
    for (const sequence of full) this.#end(sequence, 'length');
    return call.finished;
  }

  /** Ends the loop after the step under way and releases the memory; calls that are open then never end. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#scheduler.wake();
    await this.#stopped;
    this.#runs.release();
  }

  /** Choose who goes, run the model once, hand the new tokens on. Until it is closed. */
  async #loop(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#endCutShort();
      this.#admit();
      const { reader, active } = this.#rows;
      if (reader && (active.length === 0 || !this.#readLast)) await this.#read(reader);
      else if (active.length > 0) await this.#decode();
      else await this.#scheduler.waitForWork();
    }
  }

  /** Callers that left give their rows back; where the time is up, what was written is the candidate. */
  #endCutShort(): void {
    const now = performance.now();
    const over = ({ generation }: Call) => generation.signal.aborted || generation.deadline <= now;
    for (let row = this.#rows.active.length - 1; row >= 0; row--) {
      const occupant = this.#rows.active[row]!;
      if (!over(callOf(occupant))) continue;
      this.#rows.leave(row);
      if (occupant.kind === 'sequence') this.#endOver(occupant.sequence);
    }
    if (this.#rows.reader && over(this.#rows.reader.call)) this.#rows.dropReader();
    for (const group of this.#scheduler.groupsOf(over)) for (const sequence of this.#drop(group)) this.#endOver(sequence);
  }

  #endOver(sequence: Sequence): void {
    this.#end(sequence, sequence.call.generation.signal.aborted ? 'cancelled' : 'budget');
  }

  /** Gives rows to those whose turn it is, as long as there are any. */
  #admit(): void {
    const canRead = (group: Group) => this.#rows.fits(group.tokens.length + 1) && this.#canBegin(group);
    for (let group = this.#scheduler.pick(canRead); group; group = this.#scheduler.pick(canRead)) {
      if (group.outputs === null) this.#begin(group);
      else if (!this.#rows.fits(group.tokens.length + 1)) return;
      else
        this.#startNext(group, group.outputs, (occupant) =>
          this.#rows.join(occupant, group!.tokens.length + 1, group!.kept!.segments),
        );
    }
  }

  /** Many tokens are read by one group at a time. */
  #canBegin({ tokens }: Group): boolean {
    if (!this.#rows.reader) return true;
    const known = this.#prefixes.match(tokens, tokens.length - 1);
    this.#prefixes.release(known);
    return known.length === tokens.length - 1;
  }

  /** A group begins to be read, from where what is known of it ends. */
  #begin(group: Group): void {
    const { call, tokens } = group;
    const known = this.#prefixes.match(tokens, tokens.length - 1); // the last one is always computed, for its logits
    group.reading = true;
    call.reuse(Math.max(0, known.length - group.computed));
    this.#observer.prefix(tokens.length, known.length);
    if (known.length === tokens.length - 1) this.#rows.join({ kind: 'group', group }, tokens.length + 1, known.segments);
    else this.#rows.read(group, known.segments);
    this.#prefixes.release(known);
  }

  /** Reads the next chunk of a group. */
  async #read(group: Group): Promise<void> {
    const { tokens, call } = group;
    this.#readLast = true;
    const row = this.#rows.readerRow;
    const past = this.#cache.lengthOf(row);
    const chunk = tokens.slice(past, past + (this.#rows.active.length > 0 ? CHUNK : ALONE));
    const { temperature } = call.generation.sampling;
    const began = performance.now();
    let outputs: Outputs;
    try {
      outputs = await this.#runs.read({ row, tokens: chunk, past, temperature, wanted: 'last' });
    } catch (cause) {
      this.#rows.dropReader();
      for (const sequence of this.#drop(group)) this.#fail(sequence, cause);
      return;
    }
    this.#cache.hold(row, past + chunk.length);
    spend(group, past, chunk.length);
    this.#observer.step({ kind: 'read', tokens: 0, positions: chunk.length, ms: performance.now() - began });
    if (past + chunk.length < tokens.length) return;
    this.#readLast = false;
    this.#fork(this.#rows.readerBecomes({ kind: 'group', group }), group, outputs);
  }

  async #decode(): Promise<void> {
    this.#readLast = false;
    while (!this.#cache.growForStep()) this.#preempt();
    const occupants = [...this.#rows.active];
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
    const each = occupants.map((_, row) => this.#outputsOf(outputs, row));
    let tokens = 0;
    for (const [row, occupant] of occupants.entries()) {
      if (occupant.kind === 'group') {
        spend(occupant.group, occupant.group.tokens.length - 1, 1);
        this.#fork(this.#rows.rowOf(occupant), occupant.group, copyOf(each[row]!));
        continue;
      }
      const { sequence } = occupant;
      tokens++;
      sequence.call.spend(1);
      if (!this.#extend(sequence, each[row]!)) this.#leave(this.#rows.rowOf(occupant), sequence);
    }
    this.#observer.step({ kind: 'decode', tokens, positions: occupants.length, ms: performance.now() - began });
  }

  #outputsOf({ logits, probabilities }: Outputs, row: number): Outputs {
    const { vocabulary } = this.model;
    const part = (values: Float32Array) => values.subarray(row * vocabulary, (row + 1) * vocabulary);
    return { logits: part(logits), probabilities: probabilities && part(probabilities) };
  }

  /** A group has been read in this row: its first sequence takes it over, as many as fit copy it, the others wait. */
  #fork(row: number, group: Group, outputs: Outputs): void {
    group.reading = false;
    const { tokens } = group;
    const kept = this.#prefixes.insert(tokens, row);
    let source = false;
    while (group.sequences.length > 0 && (!source || this.#rows.fits(tokens.length + 1))) {
      this.#startNext(group, outputs, (occupant) => {
        if (source) this.#rows.fork(occupant, row);
        else this.#rows.handOver(row, occupant);
        source = true;
      });
    }
    if (!source) this.#rows.leave(row);
    group.computed = tokens.length;
    if (group.sequences.length === 0 || !kept) return; // not kept: it is read again when there is room for the next one
    group.outputs = copyOf(outputs);
    group.kept = this.#prefixes.match(tokens);
  }

  /** Draws the first token of a group's next sequence, and seats it if it goes on. */
  #startNext(group: Group, outputs: Outputs, seat: (occupant: Occupant) => void): void {
    const sequence = this.#scheduler.takeSequence(group);
    if (sequence.tokens.length === 0) this.#observer.started(performance.now() - sequence.call.came);
    if (this.#extend(sequence, outputs)) seat({ kind: 'sequence', sequence });
    if (group.sequences.length === 0) this.#forget(group);
  }

  /** A sequence gives its row up to make room, and goes on from what it has when there is some again. */
  #preempt(): void {
    const { reader, active } = this.#rows;
    if (reader) {
      reader.reading = false;
      this.#rows.dropReader();
      return;
    }
    const row = this.#victim();
    const occupant = active[row]!;
    this.#observer.preempted();
    if (occupant.kind === 'group') {
      occupant.group.reading = false;
      this.#rows.leave(row);
      return;
    }
    const group = putBack(occupant.sequence);
    this.#prefixes.insert(group.tokens.slice(0, this.#cache.lengthOf(row)), row);
    this.#rows.leave(row);
    this.#scheduler.putBack(group);
  }

  /** Of the least urgent calls the one with the most rows, of its rows the shortest: it loses the least. */
  #victim(): number {
    const rank = (row: number): number[] => {
      const call = callOf(this.#rows.active[row]!);
      return [call.priority, call.rows, -this.#cache.lengthOf(row)];
    };
    return [...this.#rows.active.keys()].reduce((worst, row) => (compare(rank(row), rank(worst)) > 0 ? row : worst), 0);
  }

  /** Adds a token drawn from `outputs`; false where the candidate has ended by it. */
  #extend(sequence: Sequence, outputs: Outputs): boolean {
    const { sampling, topLogprobs, ignoreEnd } = sequence.call.generation;
    try {
      const token = this.#sampler.sample(outputs, sampling, sampling.temperature === 0 ? 0 : sequence.uniform());
      const names = this.model.tokenizer;
      const { temperature } = sampling;
      const logprob =
        topLogprobs === undefined ? undefined : logprobOf(outputs, token, { temperature, count: topLogprobs, names });
      const end = !ignoreEnd && this.model.endTokens.has(token);
      const finish = sequence.accept(token, end, logprob);
      if (sequence.tokens.length === 1) this.#observer.firstToken(performance.now() - sequence.call.came);
      if (finish) this.#end(sequence, finish);
      return finish === null;
    } catch (cause) {
      this.#fail(sequence, cause);
      return false;
    }
  }

  /** An ended sequence leaves its row; what was computed of it is kept for whoever goes on from there. */
  #leave(row: number, sequence: Sequence): void {
    this.#prefixes.insert([...sequence.before, ...sequence.tokens].slice(0, this.#cache.lengthOf(row)), row);
    this.#rows.leave(row);
  }

  #forget(group: Group): void {
    if (group.kept) this.#prefixes.release(group.kept);
    group.kept = null;
  }

  /** Takes a group out of the queue, and hands its sequences back. */
  #drop(group: Group): Sequence[] {
    this.#scheduler.remove(group);
    this.#forget(group);
    return group.sequences.splice(0);
  }

  #failAll(occupants: readonly Occupant[], cause: unknown): void {
    for (const occupant of occupants) {
      this.#rows.leave(this.#rows.rowOf(occupant));
      const failed = occupant.kind === 'group' ? this.#drop(occupant.group) : [occupant.sequence];
      for (const sequence of failed) this.#fail(sequence, cause);
    }
  }

  #fail(sequence: Sequence, cause: unknown): void {
    const told = cause instanceof WinnowError;
    if (!told) console.error(cause); // the runtime's words name files and nodes: they are for the log
    const message = told ? cause.message : 'The policy failed on this candidate; the log of the backend says how.';
    this.#tell(sequence, 'error');
    sequence.call.end(sequence, { ok: false, id: sequence.id, message });
  }

  #end(sequence: Sequence, finish: Parameters<Sequence['line']>[0]): void {
    this.#tell(sequence, finish);
    sequence.call.end(sequence, { ok: true, line: sequence.line(finish) });
  }

  #tell({ call, tokens }: Sequence, reason: string): void {
    this.#observer.finished({ reason, tokens: tokens.length, ms: performance.now() - call.came });
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

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [place, value] of a.entries()) if (value !== b[place]) return value - b[place]!;
  return 0;
}
