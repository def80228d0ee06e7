import { expect, test } from 'vitest';
import type { ReadOperation } from '../../src/operation.ts';
import { performing } from '../../src/runtime/perform.ts';
import { task } from '../drive.ts';
import { means, sampleOf } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

const reading: ReadOperation<'score'> = {
  kind: 'read',
  reading: 'score',
  backend: 'local',
  reward: 'outcome',
  request: { model: 'outcome', prompt: task.prompt, candidates: [{ id: '0.0', text: 'a' }] },
};

test('an operation becomes calls, each under a key of its own, and its time is booked where it was spent', async () => {
  const backend = new ScriptedBackend();
  let now = 0;
  const { context, state } = means(backend, { clock: () => (now += 5) });
  const { sample, read } = performing(context, state);
  expect((await sample([sampleOf()]))[0]?.kind).toBe('sample');
  expect((await read(reading)).kind).toBe('read');
  expect((await sample([sampleOf({ firstChild: 1 })]))[0]?.kind).toBe('sample');
  expect(backend.requests.map(({ key }) => key)).toEqual(['run_1:1:0', 'run_1:3:0']);
  expect(backend.scoreRequests.map(({ key }) => key)).toEqual(['run_1:2']);
  expect(state).toMatchObject({ generateMs: 10, scoreMs: 5, fingerprints: new Set(['scripted']) });
});

test('a round is told with what was spent until then', async () => {
  const { context, state, events } = means(new ScriptedBackend());
  const { sample, tell } = performing(context, state);
  await sample([sampleOf({ count: 3 })]);
  tell({ kind: 'note', note: { type: 'round', round: 4, kept: ['0.1'] } });
  tell({ kind: 'note', note: { type: 'prune', id: '0.2', reason: 'not_kept' } });
  const tokens = context.ledger.account().spentTokens;
  expect(events.slice(-2)).toEqual([
    { name: 'round', data: { round: 4, kept: ['0.1'], spent: { candidates: 3, tokens, time_ms: 0 } } },
    { name: 'prune', data: { id: '0.2', reason: 'not_kept' } },
  ]);
});

test('after the reader left nothing is begun', async () => {
  const backend = new ScriptedBackend();
  const { context, state } = means(backend, { signal: AbortSignal.abort(new Error('left')) });
  await expect(performing(context, state).sample([sampleOf()])).rejects.toThrow('left');
  expect([backend.requests, state.operations]).toEqual([[], 0]);
});

test('what samples tokens is under way at once only where the budget holds all of it', () => {
  const opinion = sampleOf({ role: 'judge' });
  const atOnce = (maxTokens: number) => {
    const { context, state } = means(new ScriptedBackend(), { maxTokens });
    return performing(context, state).atOnce([opinion, opinion, reading]);
  };
  expect([atOnce(80), atOnce(79)]).toEqual([true, false]);
});
