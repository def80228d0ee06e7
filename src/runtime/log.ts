import type { Operation, Result } from '../operation.ts';
import { hashOf } from '../random.ts';

/** One result and a fingerprint of the operation that it answers, or the logs of operations that were asked together. */
export type Entry =
  | { readonly fingerprint: string; readonly result: Result }
  | { readonly branches: readonly (readonly Entry[])[] };

/**
 * Results in order: the state of a run. Fed back to a fresh generator it leads to the same point, and what it holds is not
 * asked, nor paid, again.
 */
export class Log {
  readonly #entries: (Exclude<Entry, { branches: unknown }> | { readonly branches: readonly Log[] })[];
  /** Where it stands in the log that it is a branch of. */
  readonly #within: readonly number[];
  #place = 0;

  constructor(entries: readonly Entry[] = [], within: readonly number[] = []) {
    this.#within = within;
    this.#entries = entries.map((entry, place) =>
      'branches' in entry
        ? { branches: entry.branches.map((branch, number) => new Log(branch, [...within, place, number])) }
        : entry,
    );
  }

  get entries(): readonly Entry[] {
    return this.#entries.map((entry) =>
      'branches' in entry ? { branches: entry.branches.map((branch) => branch.entries) } : entry,
    );
  }

  /** True while logged results are still to be handed over. */
  get replaying(): boolean {
    return this.#place < this.#entries.length;
  }

  /** Of what comes next: its number; in a branch after those of what was asked together and of the branch. */
  get place(): readonly number[] {
    return [...this.#within, this.#place];
  }

  /** The logged result of this operation; undefined when the log is at its end. */
  next(operation: Operation): Result | undefined {
    const entry = this.#entries[this.#place];
    if (!entry) return undefined;
    if ('branches' in entry || entry.fingerprint !== fingerprint(operation)) throw new LogMismatch(this.place);
    this.#place += 1;
    return entry.result;
  }

  /** A log each for operations that are asked together: those of a run before, or empty ones. */
  branches(count: number): readonly Log[] {
    const entry = this.#entries[this.#place];
    if (entry && (!('branches' in entry) || entry.branches.length !== count)) throw new LogMismatch(this.place);
    const branches = entry?.branches ?? Array.from({ length: count }, (_, number) => new Log([], [...this.place, number]));
    if (!entry) this.#entries.push({ branches });
    this.#place += 1;
    return branches;
  }

  append(operation: Operation, result: Result): void {
    this.#entries.push({ fingerprint: fingerprint(operation), result });
    this.#place = this.#entries.length;
  }
}

/** The log was written by another strategy, other options or another version of the code. */
export class LogMismatch extends Error {
  override readonly name = 'LogMismatch';

  constructor(place: readonly number[]) {
    super(`Operation ${place.join('.')} is not the one whose result the log holds.`);
  }
}

/** Stands for the data of an operation, never its functions: what it asks, of whom, over which candidates. */
export function fingerprint(operation: Operation): string {
  switch (operation.kind) {
    case 'sample': {
      const { kind, role, policy, prompt, prefixes, count, firstChild, until, checkpoint, sampling, topLogprobs, finishing } =
        operation;
      const ids = prefixes.map(({ id }) => id);
      const size = [ids, count, firstChild, until, checkpoint ?? null];
      return JSON.stringify([kind, role, policy, hash(prompt), ...size, sampling, topLogprobs ?? null, finishing]);
    }
    case 'read': {
      const { kind, reading, backend, reward, request } = operation;
      return JSON.stringify([kind, reading, backend, reward, hash(request)]);
    }
    case 'score':
    case 'together':
    case 'note':
      return operation.kind; // they are not logged: what they are made of is
  }
}

/** A prompt or a request may be long and comes with every operation: a hash stands for it. */
const hash = (data: unknown): number => hashOf(JSON.stringify(data));
