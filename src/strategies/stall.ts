/** What is tried next from a cut. */
export type Attempt = 'again' | 'hotter' | 'afresh';

/**
 * Watches whether cuts move. Where a cut does not move past the one before it twice, it is sampled from at a higher
 * temperature once, and then the answer is begun afresh (methods C.12).
 */
export class Stall {
  #previous = -1;
  #still = 0;

  /** @param cut  where the next version begins, in characters of its text */
  next(cut: number): Attempt {
    this.#still = cut > this.#previous ? 0 : this.#still + 1;
    this.#previous = cut;
    if (this.#still < 2) return 'again';
    if (this.#still === 2) return 'hotter';
    this.#previous = -1;
    this.#still = 0;
    return 'afresh';
  }
}
