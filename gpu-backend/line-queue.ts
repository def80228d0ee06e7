/** Lines from where they are made to where they are read: pushed at any time, read in order, once. */
export class LineQueue<Line> implements AsyncIterable<Line> {
  readonly #lines: Line[] = [];
  #ended = false;
  #failure: { readonly cause: unknown } | null = null;
  #wake: () => void = () => {};

  push(line: Line): void {
    this.#lines.push(line);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** What was pushed is still read; then reading throws this. */
  fail(cause: unknown): void {
    this.#failure = { cause };
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Line> {
    for (;;) {
      while (this.#lines.length > 0) yield this.#lines.shift()!;
      if (this.#failure) throw this.#failure.cause;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
