/** One at a time, in the order of asking. Work that finds nobody inside begins at once, before `hold` returns. */
export class Lock {
  readonly #waiting: (() => void)[] = [];
  #held = false;

  /** Whether somebody is inside. */
  get held(): boolean {
    return this.#held;
  }

  hold<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#held) return new Promise((resolve) => this.#waiting.push(() => resolve(this.#run(work))));
    return this.#run(work);
  }

  async #run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#held = true;
    try {
      return await work();
    } finally {
      this.#held = false;
      this.#waiting.shift()?.();
    }
  }
}
