import { WinnowError } from '../../schemas/errors.ts';
import { type Call, waitingOf } from './call.ts';
import type { Group } from './group.ts';
import type { Sequence } from './sequence.ts';

// Groups that are looked at in one turn for whether they can be read now: a look compares their tokens with what is known.
const MOST_PROBES = 16;

/**
 * Whose turn it is. It owns the calls that wait, each with its groups in order: of the calls that could go on, the one of
 * the lowest priority number, of these the one that holds the fewest rows, of these the first that came. So a call with one
 * candidate does not wait for another's hundred.
 */
export class Scheduler {
  /** In the order of their coming; a call leaves when nothing of it waits. */
  readonly #calls: Call[] = [];
  readonly #maxWaiting: number;
  readonly #rows: number;
  #wake: () => void = () => {};

  /** @param rows  that decode together */
  constructor({ maxWaiting, rows }: { maxWaiting: number; rows: number }) {
    this.#maxWaiting = maxWaiting;
    this.#rows = rows;
  }

  /** Candidates that have no row yet. */
  get waiting(): number {
    return this.#calls.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /**
   * Queues the groups of a call.
   *
   * @param free  rows that nobody holds
   * @throws `rate_limit_exceeded` where more would wait than may, `invalid_value` where no pause would help
   */
  add(call: Call, groups: readonly Group[], free: number): void {
    const wanted = groups.reduce((sum, group) => sum + waitingOf(group), 0);
    const most = this.#maxWaiting + this.#rows;
    if (wanted > most) {
      const message = `${wanted} candidates were asked for in one call; this model takes at most ${most}.`;
      throw new WinnowError('invalid_value', message, { param: 'prefixes' });
    }
    const { waiting } = this;
    if (waiting + wanted - free > this.#maxWaiting) {
      const message = `${waiting} candidates wait for this model already. Try again in a second.`;
      throw new WinnowError('rate_limit_exceeded', message, { retryAfter: 1 });
    }
    if (groups.length === 0) return;
    call.groups.push(...groups);
    this.#calls.push(call);
    this.wake();
  }

  /** A group of a running call waits again, before its others. */
  putBack(group: Group): void {
    const { call } = group;
    call.groups.unshift(group);
    if (!this.#calls.includes(call)) this.#calls.push(call);
  }

  /**
   * The group that goes on next: one whose tokens have been read gives its next sequence, another one is read.
   *
   * @param canRead  whether a group may begin to be read now
   */
  pick(canRead: (group: Group) => boolean): Group | null {
    let best: Group | null = null;
    let probes = 0;
    for (const call of this.#calls) {
      if (best !== null && !before(call, best.call)) continue;
      const group = call.groups.find((each) => each.outputs !== null || (!each.reading && !followsOneBeingRead(each)));
      if (!group) continue;
      if (group.outputs !== null || (probes++ < MOST_PROBES && canRead(group))) best = group;
    }
    return best;
  }

  /** Whether another call waits with a group of at most `length` tokens that nobody reads, and is as urgent. */
  hasShorter({ call }: Group, length: number): boolean {
    const isShort = ({ tokens, reading, outputs }: Group) => !reading && outputs === null && tokens.length <= length;
    return this.#calls.some((other) => other !== call && other.priority <= call.priority && other.groups.some(isShort));
  }

  /** A call lets others go first that are as urgent and hold as few rows. */
  toTheEnd(call: Call): void {
    this.#calls.push(...this.#calls.splice(this.#calls.indexOf(call), 1));
  }

  /** Takes the next sequence out of a group; the group leaves with its last one. */
  takeSequence(group: Group): Sequence {
    const sequence = group.sequences.shift()!;
    if (group.sequences.length === 0) this.remove(group);
    return sequence;
  }

  /** Takes a group out of the queue. */
  remove(group: Group): void {
    const { call } = group;
    const place = call.groups.indexOf(group);
    if (place < 0) return;
    call.groups.splice(place, 1);
    if (call.groups.length === 0) this.#calls.splice(this.#calls.indexOf(call), 1);
  }

  /** Groups of the calls that `over` names. */
  groupsOf(over: (call: Call) => boolean): Group[] {
    return this.#calls.filter(over).flatMap(({ groups }) => groups);
  }

  /** Waits until a call is added. */
  async waitForWork(): Promise<void> {
    if (this.#calls.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends a wait. */
  wake(): void {
    this.#wake();
  }
}

/** Whether its beginning is another group of its call that is being read: it would read the same again. */
const followsOneBeingRead = ({ call, tokens }: Group): boolean =>
  call.groups.some((other) => other.reading && other.tokens.length < tokens.length && beginsWith(tokens, other.tokens));

/** Compared from the end of the beginning, where two that share a prompt differ first. */
function beginsWith(tokens: readonly number[], beginning: readonly number[]): boolean {
  for (let place = beginning.length - 1; place >= 0; place--) if (tokens[place] !== beginning[place]) return false;
  return true;
}

const before = (a: Call, b: Call): boolean => a.priority < b.priority || (a.priority === b.priority && a.rows < b.rows);
