import type { Prompt } from '../../schemas/backend.ts';
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
      const { kind, role, policy, prompt, prefixes, count, firstChild, until, sampling, topLogprobs, finishing } = operation;
      const ids = prefixes.map(({ id }) => id);
      const whole = [kind, role, policy, hash(prompt), ids, count, firstChild, until, sampling, topLogprobs ?? null, finishing];
      return JSON.stringify(whole);
    }
    case 'score': {
      const { kind, reward, prompt, candidates } = operation;
      return JSON.stringify([kind, reward, hash(prompt), candidates.map(({ id }) => id)]);
    }
    case 'note':
      return operation.kind;
  }
}

/** A prompt may be long and comes with every operation: its 32-bit FNV-1a stands for it. */
function hash(prompt: Prompt): number {
  const text = JSON.stringify(prompt);
  let value = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) value = Math.imul(value ^ text.charCodeAt(place), 0x01000193);
  return value >>> 0;
}
