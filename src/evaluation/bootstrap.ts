/** How sure a mean over problems is: problems are drawn anew, with replacement, as often as there are problems (methods F.7). */
import { mulberry32, subSeed } from '../random.ts';
import { quantile } from '../selection/statistics.ts';
import { type Column, groupsOf } from './columns.ts';

/** A mean and its interval; `low` and `high` are null without bootstraps. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Problems that it is the mean of. */
  readonly problems: number;
}

/** Means of the columns under the same draws, so that differences and fits can be taken of each draw. */
export class Bootstrap {
  readonly #means = new Map<Column, Float64Array>();
  readonly resamples: number;
  readonly #tail: number;

  /** @param confidence  of the intervals: 0.9 is from the 5th to the 95th percentile */
  constructor(
    columns: readonly Column[],
    { rows, resamples, confidence, seed }: { rows: number; resamples: number; confidence: number; seed: number },
  ) {
    this.resamples = resamples;
    this.#tail = (1 - confidence) / 2;
    for (const column of columns) this.#means.set(column, new Float64Array(resamples));
    const random = mulberry32(subSeed(seed, 'bootstrap', rows));
    const groups = groupsOf(rows);
    const times = new Float64Array(groups);
    for (let draw = 0; draw < resamples; draw++) {
      times.fill(0);
      for (let group = 0; group < groups; group++) times[Math.floor(random() * groups)]!++;
      for (const [column, means] of this.#means) means[draw] = column.meanAt(times);
    }
  }

  /** The column's mean in each draw. */
  draws(column: Column): Float64Array {
    return this.#means.get(column) ?? new Float64Array(0);
  }

  /** Null where no problem has the number. */
  estimate(column: Column): Estimate | null {
    const { mean, count } = column;
    return mean === null ? null : { value: mean, ...this.interval(this.draws(column)), problems: count };
  }

  /** Ends of the interval of something that was computed for each draw; what is not finite is left out. */
  interval(values: ArrayLike<number>): Pick<Estimate, 'low' | 'high'> {
    const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
    if (sorted.length === 0) return { low: null, high: null };
    return { low: quantile(sorted, this.#tail), high: quantile(sorted, 1 - this.#tail) };
  }
}
