/** Whether probabilities are as often right as they say (methods F.3): expected calibration error and Brier score. */

const LOW_COUNT = 100; // with fewer items the error is mostly noise

export interface CalibrationReport {
  /** Expected calibration error, 0 to 1; null without items. */
  readonly ece: number | null;
  readonly brier: number | null;
  readonly bins: number;
  readonly count: number;
  readonly lowCount: boolean;
}

/** Items in bins of equal width, lower end open, upper closed, 0 in the first. Holds sums alone, however many items come. */
export class Calibration {
  readonly #counts: Float64Array;
  readonly #said: Float64Array;
  readonly #right: Float64Array;
  #squares = 0;

  constructor(bins: number) {
    this.#counts = new Float64Array(bins);
    this.#said = new Float64Array(bins);
    this.#right = new Float64Array(bins);
  }

  /** @param probability  0 to 1 */
  add(probability: number, right: boolean): void {
    const bins = this.#counts.length;
    // 1e-9: 0.3 * 10 is a little more than 3, and belongs to the third bin
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(probability * bins - 1e-9) - 1));
    this.#counts[bin]!++;
    this.#said[bin]! += probability;
    this.#right[bin]! += Number(right);
    this.#squares += (probability - Number(right)) ** 2;
  }

  report(): CalibrationReport {
    const count = this.#counts.reduce((sum, items) => sum + items, 0);
    const gaps = this.#said.reduce((sum, said, bin) => sum + Math.abs(said - this.#right[bin]!), 0);
    return {
      ece: count === 0 ? null : gaps / count,
      brier: count === 0 ? null : this.#squares / count,
      bins: this.#counts.length,
      count,
      lowCount: count < LOW_COUNT,
    };
  }
}
