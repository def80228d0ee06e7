import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Equivalence, EquivalenceRequest, EquivalenceResponse, FormulaPair } from '../../schemas/equivalence.ts';
import { WinnowError } from '../../schemas/errors.ts';

// The slowest honest pair of test/gpu-backend/algebra takes 0.2 s on a busy core.
const PAIR_MS = 2_000;
// Reading the engine's 3.4 MB and making one takes 0.7 s, and several where the cores are busy.
const START_MS = 30_000;
const IDLE_MS = 60_000;
const MAX_WAITING = 4_096;
const MAX_HEAP_MB = 512;

/**
 * Compares formulas in a thread of its own, one pair at a time. The thread begins with the first pair and ends when idle. A
 * pair that takes longer than its time, or more memory than there is, ends the thread and is unknown; the next one begins
 * another.
 */
export class Algebra {
  readonly #pairMs: number;
  #thread: Promise<Worker> | null = null;
  /** The end of the line: pairs of all requests, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor({ pairMs = PAIR_MS }: { readonly pairMs?: number } = {}) {
    this.#pairMs = pairMs;
  }

  /** @throws `rate_limit_exceeded` where more pairs wait than there is room for */
  async equivalence({ pairs, deadline_ms }: EquivalenceRequest, signal: AbortSignal): Promise<EquivalenceResponse> {
    const distinct = new Map(pairs.map((pair) => [JSON.stringify(pair), pair]));
    if (this.#waiting + distinct.size > MAX_WAITING) throw crowded(this.#waiting);
    this.#waiting += distinct.size;
    const deadline = performance.now() + deadline_ms;
    const results = new Map<string, Equivalence>();
    try {
      for (const [key, pair] of distinct) {
        results.set(key, await this.#inTurn(pair, deadline, signal));
        this.#waiting--;
      }
    } finally {
      this.#waiting -= distinct.size - results.size;
    }
    return { results: pairs.map((pair) => results.get(JSON.stringify(pair))!) }; // the loop went through them all
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = null;
    await thread?.then(
      (worker) => worker.terminate(),
      () => {},
    );
  }

  #inTurn(pair: FormulaPair, deadline: number, signal: AbortSignal): Promise<Equivalence> {
    const result = this.#turn.then(async () => {
      signal.throwIfAborted();
      return this.#decide(pair, deadline);
    });
    this.#turn = result.catch(() => {}); // who waits behind has a result of its own
    return result;
  }

  async #decide(pair: FormulaPair, deadline: number): Promise<Equivalence> {
    if (deadline - performance.now() < 1) return unknown('timeout');
    clearTimeout(this.#idle);
    this.#thread ??= begun();
    try {
      const thread = await within(this.#thread, Math.min(START_MS, deadline - performance.now()));
      if (thread === null) return unknown('timeout'); // it goes on starting, for the next one
      const answer = await within(answered(thread, pair), Math.min(this.#pairMs, deadline - performance.now()));
      if (answer !== null) return answer;
      await this.close();
      return unknown('timeout');
    } catch {
      await this.close(); // the thread is gone: out of memory, or a fault of the engine
      return unknown('backend_error');
    } finally {
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }
}

const unknown = (reason: 'timeout' | 'backend_error'): Equivalence => ({ equal: 'unknown', reason });

const crowded = (waiting: number): WinnowError =>
  new WinnowError('rate_limit_exceeded', `${waiting} pairs of formulas wait already; at most ${MAX_WAITING} may.`, {
    retryAfter: 5,
  });

/** A thread that has loaded the engine. It keeps no process alive. */
async function begun(): Promise<Worker> {
  const thread = new Worker(join(import.meta.dirname, 'thread.ts'), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  thread.unref();
  await message(thread);
  return thread;
}

function answered(thread: Worker, pair: FormulaPair): Promise<Equivalence> {
  const answer = message(thread);
  thread.postMessage(pair);
  return answer as Promise<Equivalence>; // what thread.ts posts, of this build
}

/** The next message; rejected where the thread ends before it. */
function message(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const listeners = {
      message: (value: unknown) => done(() => resolve(value)),
      error: (error: Error) => done(() => reject(error)),
      exit: (code: number) => done(() => reject(new Error(`The thread ended with code ${code}.`))),
    };
    function done(settle: () => void): void {
      for (const [event, listener] of Object.entries(listeners)) thread.off(event, listener);
      settle();
    }
    for (const [event, listener] of Object.entries(listeners)) thread.on(event, listener);
  });
}

/** What `work` comes to, or null after `ms`. */
function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => resolve(null), Math.max(1, ms));
    work.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
