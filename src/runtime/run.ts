import type {
  Asking,
  NoteOperation,
  Operation,
  ReadOperation,
  Result,
  SampleOperation,
  Score,
  ScoreOperation,
  SingleOperation,
} from '../operation.ts';
import { writesAnswers } from '../operation.ts';
import type { Log } from './log.ts';

/** Does what an operation asks. Nothing that a backend does makes it throw while there is work to keep. */
export interface Perform {
  readonly read: (operation: ReadOperation) => Promise<Result>;
  /** Those that are asked together share the budget, wave by wave: what comes of them does not depend on which is first. */
  readonly sample: (operations: readonly SampleOperation[]) => Promise<Result[]>;
  /** What a reward asks for: driven in the place of the score. `nested`: another reward asks for it. */
  readonly scoring: (operation: ScoreOperation, replaying: () => boolean, nested: boolean) => Asking<readonly Score[]>;
  /** Whether these may be under way at once: the result of none depends on what another leaves. Samples that write answers are not among them. */
  readonly atOnce: (operations: readonly SingleOperation[]) => boolean;
  readonly tell: (operation: NoteOperation) => void;
  /** What this gave where the strategy runs elsewhere too; undefined where it does not, or no longer. */
  readonly elsewhere?:
    | ((operation: SampleOperation | ReadOperation, place: readonly number[]) => Promise<Result | undefined>)
    | undefined;
  /** Hears of every result that was asked for, before the next operation. */
  readonly kept?: ((operation: SampleOperation | ReadOperation, place: readonly number[], result: Result) => void) | undefined;
  /** Sees every result that the strategy is handed, from the log too: what rewards ask is not among them. */
  readonly observe?: ((operation: Operation, result: Result, replaying: boolean) => void) | undefined;
}

/** Drives a strategy to its end. What the log already holds is not asked, nor paid, again; notes are not logged. */
export async function run<T>(strategy: Asking<T>, perform: Perform, log: Log, nested = false): Promise<T> {
  let turn = strategy.next();
  while (!turn.done) turn = strategy.next(await new Interpreter(perform, nested).answer(asked(turn.value, log)));
  return turn.value;
}

/** An operation, and the log that its result goes into: those that are asked together have one each within the log. */
interface Asked {
  readonly operation: Operation;
  readonly log: Log;
  readonly replaying: boolean;
  /** Of operations that are asked together. */
  readonly parts: readonly Asked[];
}

function asked(operation: Operation, log: Log): Asked {
  const { replaying } = log;
  const together = operation.kind === 'together' ? operation.operations : [];
  const logs = operation.kind === 'together' ? log.branches(together.length) : [];
  return { operation, log, replaying, parts: together.map((part, place) => asked(part, logs[place]!)) };
}

interface AskedAlone extends Asked {
  readonly operation: SingleOperation;
}

const isAlone = (one: Asked): one is AskedAlone => one.operation.kind !== 'together';
const leaves = (one: Asked): AskedAlone[] => (isAlone(one) ? [one] : one.parts.flatMap(leaves));

/** Answers one operation of a strategy, with all that is asked together with it. */
class Interpreter {
  readonly #perform: Perform;
  readonly #nested: boolean;
  readonly #written = new Map<Asked, Result>();

  constructor(perform: Perform, nested: boolean) {
    this.#perform = perform;
    this.#nested = nested;
  }

  async answer(one: Asked): Promise<Result> {
    if (one.parts.length > 0) await this.#writeAnswers(leaves(one));
    const result = this.#written.get(one) ?? (await this.#resultOf(one));
    if (!this.#nested) this.#perform.observe?.(one.operation, result, one.replaying);
    return result;
  }

  async #resultOf({ operation, log, parts }: Asked): Promise<Result> {
    const perform = this.#perform;
    switch (operation.kind) {
      case 'note':
        if (!log.replaying) perform.tell(operation);
        return { kind: 'note' };
      case 'score': {
        const scoring = perform.scoring(operation, () => log.replaying, this.#nested);
        return { kind: 'score', scores: await run(scoring, perform, log, true) };
      }
      case 'together':
        return { kind: 'together', results: await this.#answerAll(parts) };
      case 'sample':
      case 'read': {
        const logged = log.next(operation);
        if (logged) return logged;
        const elsewhere = await perform.elsewhere?.(operation, log.place);
        if (elsewhere) return this.#keep({ operation, log }, elsewhere);
        const here = operation.kind === 'read' ? await perform.read(operation) : (await perform.sample([operation]))[0]!;
        return this.#keep({ operation, log }, here);
      }
    }
  }

  /** In their order where what one gives depends on what another leaves. */
  async #answerAll(parts: readonly Asked[]): Promise<Result[]> {
    const open = parts.flatMap(leaves).filter((one) => !this.#written.has(one));
    if (this.#perform.atOnce(open.map(({ operation }) => operation))) return Promise.all(parts.map((one) => this.answer(one)));
    const results: Result[] = [];
    for (const one of parts) results.push(await this.answer(one));
    return results;
  }

  /** Samples that write answers of the run, all at once; after them those for which the finishing reserve is kept. */
  async #writeAnswers(asked: readonly Asked[]): Promise<void> {
    for (const finishing of [false, true]) {
      const open: Writing[] = [];
      for (const one of asked) {
        const { operation, log } = one;
        const writes = operation.kind === 'sample' && operation.finishing === finishing && writesAnswers(operation.role);
        if (!writes || log.replaying || this.#written.has(one)) continue;
        const elsewhere = await this.#perform.elsewhere?.(operation, log.place);
        if (elsewhere) this.#written.set(one, this.#keep({ operation, log }, elsewhere));
        else open.push({ ...one, operation, one });
      }
      if (open.length === 0) continue;
      const results = await this.#perform.sample(open.map(({ operation }) => operation));
      for (const [place, { one, operation, log }] of open.entries())
        this.#written.set(one, this.#keep({ operation, log }, results[place]!));
    }
  }

  #keep({ operation, log }: { readonly operation: SampleOperation | ReadOperation; readonly log: Log }, result: Result): Result {
    const { place } = log;
    log.append(operation, result);
    this.#perform.kept?.(operation, place, result);
    return result;
  }
}

interface Writing {
  readonly one: Asked;
  readonly operation: SampleOperation;
  readonly log: Log;
}
