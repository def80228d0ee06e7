/** One at a time, in the order of asking. Work that finds nobody inside begins at once, before `hold` returns. */
export class Lock {
  readonly #waiting: (() => void)[] = [];
  #held = false;

  /** Whether somebody is inside. */
  get held(): boolean {
    return this.#held;
  }

  /** Work that is no promise has left again when it returns. */
  hold<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#held) return new Promise((resolve) => this.#waiting.push(() => resolve(this.#run(work))));
    return this.#run(work);
  }

  #run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#held = true;
    let done: T | Promise<T>;
    try {
      done = work();
    } catch (cause) {
      this.#leave();
      return Promise.reject(cause);
    }
    if (done instanceof Promise) return done.finally(() => this.#leave());
    this.#leave();
    return Promise.resolve(done);
  }

  #leave(): void {
    this.#held = false;
    this.#waiting.shift()?.();
  }
}
