import { WinnowError } from '../../schemas/errors.ts';
import type { Call, Group } from './call.ts';
import type { KvCache } from './kv-cache.ts';
import type { Sequence } from './sequence.ts';

/** What the model does next. */
export type Work =
  | { readonly kind: 'read'; readonly group: Group }
  | { readonly kind: 'decode'; readonly sequences: readonly Sequence[] };

/**
 * Who is in the next run. It owns two queues: groups that wait for slots, first come first served, and the sequences that
 * run, each in the slot of its place.
 */
export class Scheduler {
  readonly #waiting: Group[] = [];
  readonly #running: Sequence[] = [];
  readonly #cache: KvCache;
  readonly #maxWaiting: number;
  #wake: () => void = () => {};
  /** A prompt is read in chunks with a step of the others between two of them, so that nobody waits long for it. */
  #readLast = false;

  constructor(cache: KvCache, maxWaiting: number) {
    this.#cache = cache;
    this.#maxWaiting = maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.reduce((sum, { sequences }) => sum + sequences.length, 0);
  }

  get running(): number {
    return this.#running.length;
  }

  /** @throws `rate_limit_exceeded` where more would wait than may, `invalid_value` where no pause would help */
  add(groups: readonly Group[]): void {
    const wanted = groups.reduce((sum, { sequences }) => sum + sequences.length, 0);
    const most = this.#maxWaiting + this.#cache.slots;
    if (wanted > most) {
      throw new WinnowError(
        'invalid_value',
        `${wanted} candidates were asked for in one call; this model takes at most ${most}.`,
        {
          param: 'prefixes',
        },
      );
    }
    if (this.waiting + wanted - this.#cache.free > this.#maxWaiting) {
      throw new WinnowError(
        'rate_limit_exceeded',
        `${this.waiting} candidates wait for this model already. Try again in a second.`,
        {
          retryAfter: 1,
        },
      );
    }
    this.#waiting.push(...groups);
    this.wake();
  }

  /** What to do now, or null where there is nothing. */
  next(): Work | null {
    const [group] = this.#waiting;
    const canRead = group !== undefined && group.logits === null && this.#cache.free > 0;
    if (canRead && (this.#running.length === 0 || !this.#readLast)) {
      this.#readLast = true;
      return { kind: 'read', group };
    }
    this.#readLast = false;
    return this.#running.length > 0 ? { kind: 'decode', sequences: [...this.#running] } : null;
  }

  /** Waits until a call is added. */
  async waitForWork(): Promise<void> {
    if (this.#waiting.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends a wait. */
  wake(): void {
    this.#wake();
  }

  /** The next sequence whose prefix has been read, if a slot is free for it; it leaves the queue. */
  admit(): { group: Group; sequence: Sequence } | null {
    const [group] = this.#waiting;
    if (!group?.logits || this.#cache.free === 0) return null;
    const sequence = group.sequences.shift();
    if (group.sequences.length === 0) this.#waiting.shift();
    return sequence ? { group, sequence } : this.admit();
  }

  /** Gives a sequence a slot: a copy of what was read last. */
  start(sequence: Sequence): void {
    this.#cache.take();
    this.#running.push(sequence);
  }

  /** Gives a slot back. */
  leave(sequence: Sequence): void {
    const slot = this.#running.indexOf(sequence);
    if (slot < 0) return;
    this.#cache.leave(slot);
    const last = this.#running.pop()!;
    if (last !== sequence) this.#running[slot] = last;
  }

  /** Takes out everything of the calls that `over` names, and hands it back. */
  remove(over: (call: Call) => boolean): Sequence[] {
    const removed = this.#running.filter(({ call }) => over(call));
    for (const sequence of removed) this.leave(sequence);
    for (const group of this.#waiting.filter(({ call }) => over(call))) {
      removed.push(...group.sequences.splice(0));
      this.#waiting.splice(this.#waiting.indexOf(group), 1);
    }
    return removed;
  }

  /** Takes one group out of the queue, and hands its sequences back. */
  drop(group: Group): Sequence[] {
    const place = this.#waiting.indexOf(group);
    if (place >= 0) this.#waiting.splice(place, 1);
    return group.sequences.splice(0);
  }
}
