/** Tells a run that happens here to whoever follows it elsewhere: bookings, events and results as lines, in order. */
import type { Booking, RunLine, ToldResult } from '../../schemas/backend-run.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import type { Candidate, ReadOperation, Result, SampleOperation } from '../operation.ts';
import type { RunState } from './context.ts';
import { tellLearnt } from './learnt.ts';
import { fingerprint } from './log.ts';
import { ToldCandidates } from './told-candidates.ts';

export class RunTeller {
  readonly #push: (line: RunLine) => void;
  readonly #told = new ToldCandidates();
  readonly #numbered = new Set<string>();
  #bookings: Booking[] = [];

  constructor(push: (line: RunLine) => void) {
    this.#push = push;
  }

  /** What is set aside for a call is told before the call is made: it counts even where nothing more is heard. */
  book(booking: Booking): void {
    this.#bookings.push(booking);
    if (booking.kind === 'reserve') this.#tellBookings();
  }

  /** Scores, rounds and nodes are told by whoever follows, from the results. */
  event(event: ProgressEvent): void {
    if (event.name === 'candidate') this.#push({ type: 'candidate', data: event.data });
    if (event.name === 'piece') this.#push({ type: 'piece', data: { ...event.data, logprobs: [...event.data.logprobs] } });
  }

  /** What has ended is not lost where its operation is. */
  ended(candidate: Candidate): void {
    this.#push({ type: 'ended', candidate: this.#told.tell(candidate) });
  }

  result(operation: SampleOperation | ReadOperation, place: readonly number[], result: Result, state: RunState): void {
    this.#tellBookings();
    this.#push({
      type: 'result',
      at: [...place],
      fingerprint: fingerprint(operation),
      result: this.#toldResult(result),
      learnt: tellLearnt(state, this.#numbered),
    });
  }

  end(): void {
    this.#tellBookings();
    this.#push({ type: 'end' });
  }

  #tellBookings(): void {
    if (this.#bookings.length > 0) this.#push({ type: 'booked', bookings: this.#bookings });
    this.#bookings = [];
  }

  #toldResult(result: Result): ToldResult {
    if (result.kind === 'sample')
      return { kind: 'sample', candidates: result.candidates.map((candidate) => this.#told.tell(candidate)) };
    if (result.kind === 'read') return { kind: 'read', result: result.result as never }; // any reading's answer is one of the line's
    throw new Error(`A ${result.kind} is not logged.`);
  }
}
