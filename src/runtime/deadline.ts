/** Milliseconds on a clock that never goes back. */
export type Clock = () => number;

const MARGIN_MS = 250; // for selection and the response, after the last sampled token (methods D.9)

/** One clock for a run: when it began and how much time is left. */
export class Deadline {
  readonly #clock: Clock;
  readonly #start: number;
  readonly #limitMs: number;

  constructor(clock: Clock, start: number, limitMs: number) {
    this.#clock = clock;
    this.#start = start;
    this.#limitMs = limitMs;
  }

  get elapsedMs(): number {
    return this.#clock() - this.#start;
  }

  /** Time left until the answer must be complete. */
  get leftMs(): number {
    return this.#limitMs - this.elapsedMs;
  }

  /** Time left for sampling: what comes after it needs some too, of a short limit a quarter. */
  get leftForSamplingMs(): number {
    return this.leftMs - Math.min(MARGIN_MS, this.#limitMs / 4);
  }
}
