/** The few numbers that are kept of the problems: a column each, whose size does not grow with their number. */
import { mulberry32 } from '../random.ts';

/** What is drawn in a bootstrap: problems, and above this many, groups of them. The width of an interval is then off by 1 %. */
export const MOST_GROUPS = 8192;

/** The group of a row: its own, or one of all by lot, so that neighbours in a sorted file are not kept together. */
const groupOf = (row: number): number => (row < MOST_GROUPS ? row : Math.floor(mulberry32(row)() * MOST_GROUPS));

/** How many groups so many rows make. */
export const groupsOf = (rows: number): number => Math.min(rows, MOST_GROUPS);

/** One number a problem; a problem that has none is left out of the mean. Holds a sum and a count for each group. */
export class Column {
  #sums = new Float64Array(16);
  #counts = new Float64Array(16);
  #sum = 0;
  #count = 0;

  /** Of each row once. Null and what is not finite is not put in. */
  put(row: number, value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    const group = groupOf(row);
    if (group >= this.#sums.length) this.#grow(group);
    this.#sums[group]! += value;
    this.#counts[group]!++;
    this.#sum += value;
    this.#count++;
  }

  #grow(group: number): void {
    let length = this.#sums.length;
    while (length <= group) length *= 2;
    const [sums, counts] = [new Float64Array(length), new Float64Array(length)];
    sums.set(this.#sums);
    counts.set(this.#counts);
    [this.#sums, this.#counts] = [sums, counts];
  }

  /** A column that is 0 for every problem which has a number here. */
  zeros(): Column {
    const column = new Column();
    column.#sums = new Float64Array(this.#sums.length);
    column.#counts = this.#counts.slice();
    column.#count = this.#count;
    return column;
  }

  /** Problems that have the number. */
  get count(): number {
    return this.#count;
  }

  /** Null where no problem has it. */
  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  /** Mean over the groups, each as often as `times` says; NaN where none has the number. */
  meanAt(times: Float64Array): number {
    const [sums, counts] = [this.#sums, this.#counts];
    const length = Math.min(times.length, sums.length);
    let [sum, total] = [0, 0];
    for (let group = 0; group < length; group++) {
      sum += times[group]! * sums[group]!;
      total += times[group]! * counts[group]!;
    }
    return sum / total; // 0 / 0 is NaN
  }
}

/** Columns by name, made when first asked for. */
export class Columns {
  readonly #columns = new Map<string, Column>();

  put(name: string, row: number, value: number | null): void {
    this.named(name).put(row, value);
  }

  /** @param first  makes the column where there is none yet */
  named(name: string, first: () => Column = () => new Column()): Column {
    let column = this.#columns.get(name);
    if (!column) {
      column = first();
      this.#columns.set(name, column);
    }
    return column;
  }

  all(): Column[] {
    return [...this.#columns.values()];
  }
}
