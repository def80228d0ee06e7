import type { ProgressEvent } from '../../schemas/events.ts';
import type { NoteOperation } from '../operation.ts';
import type { RunContext, RunState } from './context.ts';
import type { Perform } from './run.ts';
import { sampleInWaves } from './sample.ts';
import { scoreDistinct } from './score.ts';

/** The interpreter's hands: an operation becomes calls to backends, within the budget and the time. */
export function performing(context: RunContext, state: RunState): Perform {
  return {
    ask: async (operation) => {
      context.signal.throwIfAborted();
      const began = context.clock();
      state.operations += 1;
      if (operation.kind === 'sample') {
        const candidates = await sampleInWaves(operation, context, state);
        state.generateMs += context.clock() - began;
        return { kind: 'sample', candidates };
      }
      const scores = await scoreDistinct(operation, context, state);
      state.scoreMs += context.clock() - began;
      return { kind: 'score', scores };
    },
    tell: (operation) => context.listen(progress(operation, context)),
  };
}

function progress({ note }: NoteOperation, { ledger, deadline }: RunContext): ProgressEvent {
  if (note.type === 'prune') return { name: 'prune', data: { id: note.id, reason: note.reason } };
  const { candidates, spentTokens } = ledger.account();
  const spent = { candidates, tokens: spentTokens, time_ms: Math.round(deadline.elapsedMs) };
  return { name: 'round', data: { round: note.round, kept: [...note.kept], spent } };
}
