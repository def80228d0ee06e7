import { Undecided } from './verdict.ts';

/** Of one check of one candidate. Measured: 0.1 to 0.5 s at most on a slow core. */
const OF_ONE_CHECK = 1_000_000;
/** Of all checks of all candidates of one scoring: after it, what is left is undecided. */
const OF_ALL = 20_000_000;

/**
 * Counts the work of checks. Time depends on the machine, so what a check may do is bounded by steps: the same request has
 * the same verdicts everywhere. A unit is about the work of reading one character by a regular expression.
 */
export class Meter {
  #left: number;
  #ofCheck = 0;

  constructor(units = OF_ALL) {
    this.#left = units;
  }

  /** Begins another check, with its own means. */
  begin(units = OF_ONE_CHECK): void {
    this.#ofCheck = units;
  }

  /** @throws Undecided where the means of the check or of the scoring are spent; from then on at every call, so no one covers it up */
  spend(units: number): void {
    this.#left -= units;
    this.#ofCheck -= units;
    if (this.#left < 0) throw new Undecided('too much work for all checks together');
    if (this.#ofCheck < 0) throw new Undecided('too much work for one check');
  }
}
