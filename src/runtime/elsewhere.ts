/** A run that goes on next to the model, followed from here: its results come as they happen, and are this run's own. */
import type { Booking, RunLine, ToldResult } from '../../schemas/backend-run.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Candidate, ReadOperation, Result, SampleOperation } from '../operation.ts';
import type { RunContext, RunState } from './context.ts';
import { survive } from './context.ts';
import { learn } from './learnt.ts';
import { fingerprint } from './log.ts';
import type { Perform } from './run.ts';
import { ToldCandidates } from './told-candidates.ts';

interface Told {
  readonly fingerprint: string;
  readonly result: Result;
}

/**
 * Hands over what the other place gave, for as long as it tells. Where it breaks off, asks for something else, or has no
 * more, the operation is undefined here and done here: the run goes on from the last result, and nothing is paid twice. What
 * was under way there when it broke off counts as spent.
 */
export class Elsewhere {
  readonly #lines: AsyncIterator<RunLine>;
  readonly #context: RunContext;
  readonly #state: RunState;
  readonly #told = new ToldCandidates();
  readonly #waiting = new Map<string, Told>();
  /** Answers that have ended, of operations whose result has not come yet. */
  #ended: Candidate[] = [];
  /** Bookings whose result has not come yet. */
  #unsettled: Booking[] = [];
  #reading: Promise<void> = Promise.resolve();
  #over = false;

  constructor(lines: AsyncIterable<RunLine>, context: RunContext, state: RunState) {
    this.#lines = lines[Symbol.asyncIterator]();
    this.#context = context;
    this.#state = state;
  }

  /** The result of what the run asks for at this place; undefined where it has to be asked for here. */
  async resultOf(operation: SampleOperation | ReadOperation, place: readonly number[]): Promise<Result | undefined> {
    const key = place.join('.');
    while (!this.#waiting.has(key) && !this.#over) {
      // operations that wait at once take turns: lines are taken as they are needed, so that events keep their order
      const turn = this.#reading.then(() => (this.#waiting.has(key) || this.#over ? undefined : this.#take()));
      this.#reading = turn;
      await turn;
    }
    const told = this.#waiting.get(key);
    if (!told) return undefined;
    if (told.fingerprint === fingerprint(operation)) return told.result;
    this.#breakOff(brokeOff('The backend runs another version of this strategy.'));
    return undefined;
  }

  /** Drives a run: an operation is asked of the other place first; what is done here instead is completed by what that told. */
  over(here: Perform): Perform {
    return {
      ...here,
      elsewhere: this.resultOf.bind(this),
      sample: async (operations) => {
        const results = await here.sample(operations);
        return operations.map((operation, place) => this.#instead(operation, results[place]!));
      },
    };
  }

  /**
   * What was done here in the place of an operation that broke off there. Where nothing could be written, the answers that
   * had ended there are what it gave: they are paid for, and may be all that there is.
   */
  #instead(operation: SampleOperation, result: Result): Result {
    if (result.kind !== 'sample') return result;
    if (result.candidates.some(({ finish }) => finish !== 'error')) return result;
    const { ledger } = this.#context;
    const starts = new Map(operation.prefixes.map(({ id, tokenCount }) => [id, tokenCount]));
    const kept = this.#ended.filter(({ parent }) => starts.has(parent)).slice(0, ledger.candidatesLeft);
    this.#ended = [];
    for (const { id, parent, tokenCount } of kept) {
      ledger.countCandidate();
      ledger.wrote(id, tokenCount - starts.get(parent)!);
      if (!this.#state.indexes.has(id)) this.#state.indexes.set(id, this.#state.planned++);
    }
    return kept.length > 0 ? { kind: 'sample', candidates: kept } : result;
  }

  /** Ends it: there is nothing more that it could be asked. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#lines.return?.();
  }

  async #take(): Promise<void> {
    try {
      const { done, value: line } = await this.#lines.next();
      if (done) throw brokeOff('The backend broke off in the middle of a run.');
      this.#hear(line);
    } catch (failure) {
      this.#breakOff(survive(failure, this.#context, this.#state));
    }
  }

  #hear(line: RunLine): void {
    switch (line.type) {
      case 'candidate':
      case 'piece':
        this.#context.listen({ name: line.type, data: line.data } as never); // the pair is one of the union's, as it came
        return;
      case 'ended':
        this.#ended.push(followable(() => this.#told.hear(line.candidate)));
        return;
      case 'booked':
        this.#unsettled.push(...line.bookings);
        return;
      case 'result':
        this.#keep(line);
        return;
      case 'end':
        this.#leave();
    }
  }

  #keep({ at, fingerprint, result, learnt }: Extract<RunLine, { type: 'result' }>): void {
    const known = followable(() => this.#result(result));
    this.#waiting.set(at.join('.'), { fingerprint, result: known });
    if (known.kind === 'sample') {
      const ids = new Set(known.candidates.map(({ id }) => id));
      this.#ended = this.#ended.filter(({ id }) => !ids.has(id));
    }
    const bookings = this.#unsettled;
    this.#unsettled = [];
    followable(() => {
      for (const booking of bookings) this.#context.ledger.book(booking);
    });
    learn(this.#state, learnt);
  }

  /** Of an operation that has no result only what it may have spent counts: it is done again. */
  #leave(): void {
    this.#over = true;
    const { ledger } = this.#context;
    const spending: readonly Booking['kind'][] = ['reserve', 'settle', 'settle_unknown'];
    for (const booking of this.#unsettled) if (spending.includes(booking.kind)) ledger.book(booking);
    this.#unsettled = [];
    ledger.settleOpen();
  }

  #breakOff(failure: WinnowError): void {
    this.#state.failure = failure;
    if (failure.code === 'deadline_exceeded') this.#state.stop ??= 'max_time';
    this.#leave();
    void this.#lines.return?.().catch(() => {}); // it has failed already
  }

  #result(result: ToldResult): Result {
    if (result.kind === 'read') return { kind: 'read', result: result.result as never }; // of the operation's own reading: its fingerprint says so
    return { kind: 'sample', candidates: result.candidates.map((candidate) => this.#told.hear(candidate)) };
  }
}

/** What does not fit what was told before ends the following, not the run. */
function followable<T>(take: () => T): T {
  try {
    return take();
  } catch (failure) {
    throw brokeOff('The backend told a run that cannot be followed.', failure);
  }
}

const brokeOff = (message: string, cause?: unknown): WinnowError =>
  new WinnowError('backend_error', message, { cause, mayHaveSpent: true });
