/** Makes the lines of an answer; stops when the signal says so. What it throws at once is a refusal. */
export type Source = (signal: AbortSignal) => AsyncIterable<string>;

/**
 * One answer by its lines, being written or complete. Any number of followers read it from the first line on; when the last
 * one leaves before it is complete, its making is stopped.
 */
export class Recording {
  /** What was asked, as one string. */
  readonly request: string;
  /** On the clock of `performance.now()`: when it was completed, or started. */
  since = performance.now();
  complete = false;
  /** Characters held. */
  size = 0;
  readonly #lines: string[] = [];
  readonly #stop = new AbortController();
  /** Told once where the answer breaks off: nobody may follow it then. */
  readonly #brokeOff: () => void;
  readonly #waiting = new Set<() => void>();
  #followers = 0;
  #failure: { readonly cause: unknown } | null = null;

  constructor(request: string, start: Source, brokeOff: () => void) {
    this.request = request;
    this.#brokeOff = brokeOff;
    void this.#write(start(this.#stop.signal));
  }

  /** The lines, from the first; ends early when `signal` does. */
  follow(signal: AbortSignal): AsyncIterable<string> {
    this.#followers++;
    signal.addEventListener('abort', () => this.#leave(), { once: true });
    return this.#read(signal);
  }

  async *#read(signal: AbortSignal): AsyncGenerator<string> {
    for (let place = 0; !signal.aborted; ) {
      while (place < this.#lines.length) yield this.#lines[place++]!;
      if (this.#failure) throw this.#failure.cause;
      if (this.complete) return;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async #write(source: AsyncIterable<string>): Promise<void> {
    try {
      for await (const line of source) {
        this.#lines.push(line);
        this.size += line.length;
        this.#wakeAll();
      }
      this.complete = !this.#stop.signal.aborted;
      this.since = performance.now();
    } catch (cause) {
      this.#failure = { cause };
      this.#brokeOff();
    }
    this.#wakeAll();
  }

  #leave(): void {
    this.#followers--;
    this.#wakeAll();
    if (this.#followers > 0 || this.complete) return;
    this.#stop.abort();
    this.#brokeOff();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
