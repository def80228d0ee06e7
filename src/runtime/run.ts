import type { Asking, NoteOperation, Operation, Result, SampleOperation, ScoreOperation } from '../operation.ts';
import type { Log } from './log.ts';

/** Does what an operation asks. Nothing that a backend does makes it throw while there is work to keep. */
export interface Perform {
  readonly ask: (operation: SampleOperation | ScoreOperation) => Promise<Result>;
  readonly tell: (operation: NoteOperation) => void;
}

/** Drives a strategy to its end. What the log already holds is not asked, nor paid, again; notes are not logged. */
export async function run<T>(strategy: Asking<T>, perform: Perform, log: Log): Promise<T> {
  let turn = strategy.next();
  while (!turn.done) turn = strategy.next(await answer(turn.value, perform, log));
  return turn.value;
}

async function answer(operation: Operation, perform: Perform, log: Log): Promise<Result> {
  if (operation.kind === 'note') {
    if (!log.replaying) perform.tell(operation);
    return { kind: 'note' };
  }
  const logged = log.next(operation);
  if (logged) return logged;
  const result = await perform.ask(operation);
  log.append(operation, result);
  return result;
}
