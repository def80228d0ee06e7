import type { Asking, Candidate, SampleOperation } from '../operation.ts';
import type { RunState } from './context.ts';

/**
 * What a reward asks for, but what it draws to compare with is drawn once in a run: candidates that come one after the other
 * are compared with the same answers, and those are paid for once. A draw that came back empty is tried again.
 */
export function* drawnOnce<T>(reward: Asking<T>, { references }: RunState): Asking<T> {
  let turn = reward.next();
  while (!turn.done) {
    const operation = turn.value;
    if (operation.kind !== 'sample' || operation.role !== 'reference') {
      turn = reward.next(yield operation);
      continue;
    }
    const known = references.get(keyOf(operation)) ?? [];
    if (known.length === 0) {
      const result = yield operation;
      if (result.kind === 'sample') references.set(keyOf(operation), result.candidates.filter(isWritten));
      turn = reward.next(result);
    } else turn = reward.next({ kind: 'sample', candidates: known });
  }
  return turn.value;
}

const keyOf = ({ policy, prompt, count, sampling }: SampleOperation): string => JSON.stringify([policy, prompt, count, sampling]);

const isWritten = ({ finish }: Candidate): boolean => finish !== 'error';
