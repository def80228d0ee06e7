/** The few numbers that are kept of each problem: a column each, in chunks, so that 100,000 problems take what they need. */

const CHUNK = 4096; // rows

/** One number a problem; a problem that has none is left out of the mean. */
export class Column {
  readonly #chunks: (Float64Array | undefined)[] = [];
  #sum = 0;
  #count = 0;

  /** Of each row once. Null and what is not finite is not put in. */
  put(row: number, value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    const place = Math.floor(row / CHUNK);
    let chunk = this.#chunks[place];
    if (!chunk) {
      chunk = new Float64Array(CHUNK).fill(Number.NaN);
      this.#chunks[place] = chunk;
    }
    chunk[row % CHUNK] = value;
    this.#sum += value;
    this.#count++;
  }

  /** Problems that have the number. */
  get count(): number {
    return this.#count;
  }

  /** Null where no problem has it. */
  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  /** Mean of the rows, each as often as `times` says; NaN where none has it. */
  meanAt(times: Uint16Array): number {
    let [sum, total] = [0, 0];
    for (const [place, chunk] of this.#chunks.entries()) {
      if (!chunk) continue;
      const start = place * CHUNK;
      const end = Math.min(CHUNK, times.length - start);
      for (let row = 0; row < end; row++) {
        const value = chunk[row]!;
        if (Number.isNaN(value)) continue; // this problem has none
        const often = times[start + row]!;
        sum += often * value;
        total += often;
      }
    }
    return total === 0 ? Number.NaN : sum / total;
  }
}

/** Columns by name, made when first written to. */
export class Columns {
  readonly #columns = new Map<string, Column>();

  put(name: string, row: number, value: number | null): void {
    this.named(name).put(row, value);
  }

  named(name: string): Column {
    let column = this.#columns.get(name);
    if (!column) {
      column = new Column();
      this.#columns.set(name, column);
    }
    return column;
  }

  all(): Column[] {
    return [...this.#columns.values()];
  }
}
