import type { TokenLogprob } from '../../schemas/candidate.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { LanguageModel, LanguageRows } from '../models/language-model.ts';
import { Batch } from './batch.ts';
import { Call, type Ended, type EngineUsage, type Generation, type Group } from './call.ts';
import { groupsOf } from './groups.ts';
import { KvCache } from './kv-cache.ts';
import { logNormaliser, mostProbable, Sampler } from './sampler.ts';
import { Scheduler } from './scheduler.ts';
import type { Sequence } from './sequence.ts';

// Tokens of a prompt that are read in one run: the longest that running sequences wait for a newcomer.
const CHUNK = 64;

/** Continuous batching over one policy: calls share its steps, join between two of them, and leave as they end. */
export class Engine {
  readonly model: LanguageModel;
  readonly #rows: LanguageRows;
  readonly #cache: KvCache;
  readonly #batch: Batch;
  readonly #sampler: Sampler;
  readonly #scheduler: Scheduler;
  readonly #closing = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(model: LanguageModel, { slots, maxWaiting }: { slots: number; maxWaiting: number }) {
    this.model = model;
    this.#rows = model.allocate(slots + 1);
    this.#cache = new KvCache(this.#rows, slots);
    this.#batch = new Batch(this.#rows, model.context);
    this.#sampler = new Sampler(model.vocabulary);
    this.#scheduler = new Scheduler(this.#cache, maxWaiting);
    this.#stopped = this.#loop();
  }

  /** Candidates that hold a slot, and those that wait for one. */
  get load(): { running: number; waiting: number } {
    return { running: this.#scheduler.running, waiting: this.#scheduler.waiting };
  }

  /**
   * Writes the candidates of a call; `emit` is told of each as it ends. The promise is fulfilled when all have.
   *
   * @throws `rate_limit_exceeded` at once, before anything is spent
   */
  generate(generation: Generation, emit: (ended: Ended) => void): Promise<EngineUsage> {
    const call = new Call(generation, emit);
    const { groups, full } = groupsOf(call, this.model);
    this.#scheduler.add(groups);
    for (const sequence of full) call.end(sequence, { ok: true, line: sequence.line('length') });
    return call.finished;
  }

  /** Ends the loop after the step under way and releases the cache; calls that are open then never end. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#scheduler.wake();
    await this.#stopped;
    this.#rows.release();
  }

  /** Choose who goes, run the model once, hand the new tokens on. Until it is closed. */
  async #loop(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#endCutShort();
      this.#admit();
      const work = this.#scheduler.next();
      if (work === null) await this.#scheduler.waitForWork();
      else if (work.kind === 'read') await this.#read(work.group);
      else await this.#decode(work.sequences);
    }
  }

  /** Callers that left give their slots back; where the time is up, what was written is the candidate. */
  #endCutShort(): void {
    const now = performance.now();
    const left = (call: Call) => call.generation.signal.aborted;
    const late = (call: Call) => call.generation.deadline <= now;
    for (const sequence of this.#scheduler.remove((call) => left(call) || late(call))) {
      const finish = left(sequence.call) ? 'cancelled' : 'budget';
      sequence.call.end(sequence, { ok: true, line: sequence.line(finish) });
    }
  }

  /** Sequences whose prefix has been read take their first token from its logits, and a slot if they go on. */
  #admit(): void {
    for (let next = this.#scheduler.admit(); next; next = this.#scheduler.admit()) {
      const goesOn = this.#extend(next.sequence, next.group.logits!);
      if (goesOn) this.#scheduler.start(next.sequence);
    }
  }

  /** Reads the next chunk of a group's prompt and prefix, from where the last group's tokens differ. */
  async #read(group: Group): Promise<void> {
    const { tokens, call } = group;
    // never all of them: groups are in order of their tokens, so what was read before is no longer than this and differs
    const from = this.#cache.alreadyRead(call, tokens);
    const chunk = tokens.slice(from, from + CHUNK);
    this.#cache.setRead(call, tokens.slice(0, from)); // a run that fails may have written anything behind them
    try {
      const logits = await this.#rows.prefill(this.#cache.readingRow, chunk, from);
      call.spend(chunk.length);
      this.#cache.setRead(call, tokens.slice(0, from + chunk.length));
      if (from + chunk.length === tokens.length) group.logits = logits;
    } catch (cause) {
      for (const sequence of this.#scheduler.drop(group)) this.#fail(sequence, cause);
    }
  }

  async #decode(sequences: readonly Sequence[]): Promise<void> {
    this.#batch.fill(sequences);
    let logits: Float32Array;
    try {
      logits = await this.#rows.decode(sequences.length);
    } catch (cause) {
      for (const sequence of sequences) {
        this.#scheduler.leave(sequence);
        this.#fail(sequence, cause);
      }
      return;
    }
    this.#cache.advance();
    const { vocabulary } = this.model;
    for (const [row, sequence] of sequences.entries()) {
      sequence.call.spend(1);
      const goesOn = this.#extend(sequence, logits.subarray(row * vocabulary, (row + 1) * vocabulary));
      if (!goesOn) this.#scheduler.leave(sequence);
    }
  }

  /** Adds a token drawn from `logits`; false where the candidate has ended by it. */
  #extend(sequence: Sequence, logits: Float32Array): boolean {
    const { sampling, topLogprobs } = sequence.call.generation;
    try {
      const token = this.#sampler.sample(logits, sampling, sampling.temperature === 0 ? 0 : sequence.uniform());
      const logprob = topLogprobs === undefined ? undefined : this.#logprob(logits, token, topLogprobs);
      const finish = sequence.accept(token, this.model.endTokens.has(token), logprob);
      if (finish) sequence.call.end(sequence, { ok: true, line: sequence.line(finish) });
      return finish === null;
    } catch (cause) {
      this.#fail(sequence, cause);
      return false;
    }
  }

  #logprob(logits: Float32Array, token: number, count: number): TokenLogprob {
    const { tokenizer } = this.model;
    const own = { token: tokenizer.name(token), logprob: logits[token]! - logNormaliser(logits) };
    if (count === 0) return own;
    const top = mostProbable(logits, count).map(({ token: id, logprob }) => ({ token: tokenizer.name(id), logprob }));
    return { ...own, top };
  }

  #fail(sequence: Sequence, cause: unknown): void {
    const told = cause instanceof WinnowError;
    if (!told) console.error(cause); // the runtime's words name files and nodes: they are for the log
    const message = told ? cause.message : 'The policy failed on this candidate; the log of the backend says how.';
    sequence.call.end(sequence, { ok: false, id: sequence.id, message });
  }
}
