import type { ProgressEvent } from '../../schemas/events.ts';
import type { NoteOperation, ReadOperation, SingleOperation } from '../operation.ts';
import { eachAt } from '../operation.ts';
import { kindOf, namedReward } from '../rewards/registry.ts';
import type { RunContext, RunState } from './context.ts';
import { readUnknown } from './fused.ts';
import { readOnce } from './read.ts';
import type { Perform } from './run.ts';
import { sampleInWaves } from './sample.ts';
import { scoring } from './score.ts';
import { Stopwatch } from './stopwatch.ts';

/** The interpreter's hands: an operation becomes calls to backends, within the budget and the time. */
export function performing(context: RunContext, state: RunState): Perform {
  const stopwatch = new Stopwatch(context.clock, state);
  return {
    sample: async (operations) => {
      context.signal.throwIfAborted();
      const numbers = operations.map(() => ++state.operations); // operations may be under way together
      const written = await stopwatch.during('sample', () => sampleInWaves(operations, context, state, numbers));
      return written.map((candidates) => ({ kind: 'sample', candidates }));
    },
    read: async (operation) => {
      context.signal.throwIfAborted();
      const number = ++state.operations;
      const ask = (one: ReadOperation) => stopwatch.during('read', () => readOnce(one, number, context, state));
      return { kind: 'read', result: await readUnknown(operation, state, ask) };
    },
    scoring: (operation, replaying, nested) => scoring(operation, context, state, { replaying, nested }),
    atOnce: (operations) => sampledAtMost(operations, context) <= context.ledger.available - context.finishingReserve,
    tell: (operation) => {
      const event = progress(operation, context);
      if (event) context.listen(event);
    },
    observe: (operation, result, replaying) => {
      const changed = context.tree?.observe(operation, result) ?? [];
      if (!replaying) for (const node of changed) context.listen({ name: 'node', data: { ...node } });
    },
  };
}

function progress({ note }: NoteOperation, { ledger, deadline }: RunContext): ProgressEvent | undefined {
  if (note.type === 'value') return undefined;
  if (note.type === 'prune') return { name: 'prune', data: { id: note.id, reason: note.reason } };
  const { candidates, spentTokens } = ledger.account();
  const spent = { candidates, tokens: spentTokens, time_ms: Math.round(deadline.elapsedMs) };
  return { name: 'round', data: { round: note.round, kept: [...note.kept], spent } };
}

/** Tokens that these may sample: no more than the first of them all leave to the last. */
function sampledAtMost(operations: readonly SingleOperation[], context: RunContext): number {
  return operations.reduce((sum, operation) => sum + most(operation), 0);

  function most(operation: SingleOperation): number {
    switch (operation.kind) {
      case 'sample':
        return (
          operation.prefixes.reduce((sum, _, place) => sum + eachAt(operation.count, place), 0) * operation.sampling.max_tokens
        );
      case 'score': {
        const named = namedReward(operation.reward, context.rewardOptions, context.lookup);
        return kindOf(named.config).sampledTokens(named, operation.candidates.length);
      }
      case 'read':
      case 'note':
        return 0;
    }
  }
}
