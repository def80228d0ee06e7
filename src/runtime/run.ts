import type {
  Asking,
  NoteOperation,
  Operation,
  ReadOperation,
  Result,
  SampleOperation,
  Score,
  ScoreOperation,
} from '../operation.ts';
import type { Log } from './log.ts';

/** Does what an operation asks. Nothing that a backend does makes it throw while there is work to keep. */
export interface Perform {
  readonly ask: (operation: SampleOperation | ReadOperation) => Promise<Result>;
  /** What a reward asks for: driven in the place of the score. `nested`: another reward asks for it. */
  readonly scoring: (operation: ScoreOperation, replaying: () => boolean, nested: boolean) => Asking<readonly Score[]>;
  /** Whether these may be under way at once: the result of none depends on what another leaves. */
  readonly atOnce: (operations: readonly Operation[]) => boolean;
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
  while (!turn.done) turn = strategy.next(await answer(turn.value, perform, log, nested));
  return turn.value;
}

async function answer(operation: Operation, perform: Perform, log: Log, nested: boolean): Promise<Result> {
  const replaying = log.replaying;
  const result = await resultOf(operation, perform, log, nested);
  if (!nested) perform.observe?.(operation, result, replaying);
  return result;
}

async function resultOf(operation: Operation, perform: Perform, log: Log, nested: boolean): Promise<Result> {
  switch (operation.kind) {
    case 'note':
      if (!log.replaying) perform.tell(operation);
      return { kind: 'note' };
    case 'score':
      return {
        kind: 'score',
        scores: await run(
          perform.scoring(operation, () => log.replaying, nested),
          perform,
          log,
          true,
        ),
      };
    case 'together':
      return { kind: 'together', results: await answerAll(operation.operations, perform, log, nested) };
    case 'sample':
    case 'read': {
      const logged = log.next(operation);
      if (logged) return logged;
      const { place } = log;
      const result = (await perform.elsewhere?.(operation, place)) ?? (await perform.ask(operation));
      log.append(operation, result);
      perform.kept?.(operation, place, result);
      return result;
    }
  }
}

/** Each has a log of its own within the log, so that a replay does not depend on which was answered first. */
async function answerAll(operations: readonly Operation[], perform: Perform, log: Log, nested: boolean): Promise<Result[]> {
  const logs = log.branches(operations.length);
  const one = (operation: Operation, place: number) => answer(operation, perform, logs[place]!, nested);
  if (perform.atOnce(operations)) return Promise.all(operations.map(one));
  const results: Result[] = [];
  for (const [place, operation] of operations.entries()) results.push(await one(operation, place));
  return results;
}
