import type { RunState } from './context.ts';
import type { Clock } from './deadline.ts';

/**
 * How long a run samples and how long it reads, of operations that may be under way at once: no moment is counted twice, and
 * one in which both go on is sampling. It owns the two times of the run's state.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #state: Pick<RunState, 'generateMs' | 'scoreMs'>;
  readonly #open = { sample: 0, read: 0 };
  #last = 0;

  constructor(clock: Clock, state: Pick<RunState, 'generateMs' | 'scoreMs'>) {
    this.#clock = clock;
    this.#state = state;
  }

  async during<T>(kind: 'sample' | 'read', work: () => Promise<T>): Promise<T> {
    this.#tick();
    this.#open[kind] += 1;
    try {
      return await work();
    } finally {
      this.#tick();
      this.#open[kind] -= 1;
    }
  }

  /** Books the time since the last beginning or end. */
  #tick(): void {
    const now = this.#clock();
    if (this.#open.sample > 0) this.#state.generateMs += now - this.#last;
    else if (this.#open.read > 0) this.#state.scoreMs += now - this.#last;
    this.#last = now;
  }
}
