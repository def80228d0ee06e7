/** Milliseconds on a clock that never goes back. */
export type Clock = () => number;

const ANSWER_MS = 50; // of a short limit an eighth
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

  /** Time left until a backend is cut off: writing the answer takes some. Later than sampling has to end by itself. */
  get leftForBackendsMs(): number {
    return this.leftMs - Math.min(ANSWER_MS, this.#limitMs / 8);
  }

  /** Time left for sampling: what comes after it needs some too, of a short limit a quarter. */
  get leftForSamplingMs(): number {
    return this.leftMs - Math.min(MARGIN_MS, this.#limitMs / 4);
  }
}
