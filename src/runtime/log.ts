import type { Operation, Result } from '../operation.ts';

/** One result and a fingerprint of the operation that it answers. */
export interface Entry {
  readonly fingerprint: string;
  readonly result: Result;
}

/**
 * Results in order: the state of a run. Fed back to a fresh generator it leads to the same point, and what it holds is not
 * asked, nor paid, again.
 */
export class Log {
  readonly #entries: Entry[];
  #place = 0;

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** True while logged results are still to be handed over. */
  get replaying(): boolean {
    return this.#place < this.#entries.length;
  }

  /** The logged result of this operation; undefined when the log is at its end. */
  next(operation: Operation): Result | undefined {
    const entry = this.#entries[this.#place];
    if (!entry) return undefined;
    if (entry.fingerprint !== fingerprint(operation)) throw new LogMismatch(this.#place);
    this.#place += 1;
    return entry.result;
  }

  append(operation: Operation, result: Result): void {
    this.#entries.push({ fingerprint: fingerprint(operation), result });
    this.#place = this.#entries.length;
  }
}

/** The log was written by another strategy, other options or another version of the code. */
export class LogMismatch extends Error {
  override readonly name = 'LogMismatch';

  constructor(place: number) {
    super(`Operation ${place} is not the one whose result the log holds.`);
  }
}

/** The data of an operation, never its functions: what it asks, of whom, over which candidates. */
function fingerprint(operation: Operation): string {
  switch (operation.kind) {
    case 'sample': {
      const { kind, role, policy, prefixes, count, firstChild, until, sampling } = operation;
      return JSON.stringify([kind, role, policy, prefixes.map(({ id }) => id), count, firstChild, until, sampling]);
    }
    case 'score':
      return JSON.stringify([operation.kind, operation.reward, operation.candidates.map(({ id }) => id)]);
    case 'note':
      return operation.kind;
  }
}
