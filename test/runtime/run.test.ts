import { expect, test } from 'vitest';
import type { Asking, Result, SampleOperation, ScoreOperation } from '../../src/operation.ts';
import { eachAt, note, root, sample, score, together } from '../../src/operation.ts';
import { Log, LogMismatch } from '../../src/runtime/log.ts';
import type { Perform } from '../../src/runtime/run.ts';
import { run } from '../../src/runtime/run.ts';
import { candidate, task } from '../drive.ts';
import { performing as performingBy } from '../performing.ts';

interface Wish {
  readonly count?: number;
  readonly checkpoint?: number;
  readonly reward?: string;
  readonly prompt?: string;
}

function* asking({ count = 2, checkpoint, reward = 'outcome', prompt = 'question' }: Wish = {}): Asking<string> {
  const asked = { ...task, prompt: { text: prompt } };
  yield* note({ type: 'round', round: 0, kept: [] });
  const drawn = yield* sample({ ...asked, prefixes: [root], count, until: 'end', checkpoint });
  const scores = yield* score(reward, asked.prompt, drawn);
  yield* note({ type: 'prune', id: '0.0', reason: 'not_kept' });
  return JSON.stringify([drawn.map(({ text }) => text), scores]);
}

/** Answers with a new text and a new number each time, so that no two performances are alike. */
function performing() {
  const asked: (SampleOperation | ScoreOperation)[] = [];
  const told: string[] = [];
  let number = 0;
  const answer = (operation: SampleOperation | ScoreOperation): Result => {
    asked.push(operation);
    number += 1;
    if (operation.kind === 'score')
      return { kind: 'score', scores: operation.candidates.map(() => ({ ok: true, value: number })) };
    const drawn = Array.from({ length: eachAt(operation.count, 0) }, (_, place) => candidate(`0.${place}`, `text ${number}`));
    return { kind: 'sample', candidates: drawn };
  };
  const perform = performingBy(answer, (operation) => told.push(operation.note.type));
  return { perform, asked, told };
}

test('a strategy is driven to its end; notes are told, and not logged', async () => {
  const { perform, asked, told } = performing();
  const log = new Log();
  expect(await run(asking(), perform, log)).toBe('[["text 1","text 1"],[{"ok":true,"value":2},{"ok":true,"value":2}]]');
  expect(asked.map(({ kind }) => kind)).toEqual(['sample', 'score']);
  expect(told).toEqual(['round', 'prune']);
  expect(log.entries).toMatchObject([{ result: { kind: 'sample' } }, { result: { kind: 'read' } }]);
});

test('the same log gives the same outcome, and nothing is performed again (methods M.23)', async () => {
  const log = new Log();
  const outcome = await run(asking(), performing().perform, log);
  const replay = performing();
  expect(await run(asking(), replay.perform, new Log(log.entries))).toBe(outcome);
  expect(replay.asked).toEqual([]);
  expect(replay.told).toEqual(['prune']); // what is told after the last result may not have been heard
});

test('a run that broke off goes on after the last result of its log', async () => {
  const log = new Log();
  await run(asking(), performing().perform, log);
  const resumed = performing();
  const kept = new Log(log.entries.slice(0, 1));
  expect(await run(asking(), resumed.perform, kept)).toBe('[["text 1","text 1"],[{"ok":true,"value":1},{"ok":true,"value":1}]]');
  expect(resumed.asked.map(({ kind }) => kind)).toEqual(['score']);
  expect(kept.entries).toHaveLength(2);
});

test('a log can be stored as JSON', async () => {
  const log = new Log();
  const outcome = await run(asking(), performing().perform, log);
  const stored = JSON.parse(JSON.stringify(log.entries));
  expect(await run(asking(), performing().perform, new Log(stored))).toBe(outcome);
});

test.each([
  { name: 'another option', wish: { count: 3 } },
  { name: 'another checkpoint', wish: { checkpoint: 10 } },
  { name: 'another reward', wish: { reward: 'process' } },
  { name: 'another prompt', wish: { prompt: 'question!' } },
])('the log of $name is an error of its own', async ({ wish }) => {
  const log = new Log();
  await run(asking(), performing().perform, log);
  await expect(run(asking(wish), performing().perform, new Log(log.entries))).rejects.toThrow(LogMismatch);
});

test('the log of another version of a strategy, which asks in another order, is an error of its own', async () => {
  const log = new Log();
  await run(asking(), performing().perform, log);
  await expect(run(asking(), performing().perform, new Log(log.entries.toReversed()))).rejects.toThrow('Operation 0');
});

test('what a performance throws goes out, and the log keeps what came before', async () => {
  const { perform } = performing();
  const log = new Log();
  const failing: Perform = {
    ...perform,
    read: async () => {
      throw new Error('left');
    },
  };
  await expect(run(asking(), failing, log)).rejects.toThrow('left');
  expect(log.entries).toHaveLength(1);
});

test('a result of another kind than was asked for says so', async () => {
  const odd: Perform = { ...performing().perform, sample: async () => [{ kind: 'score', scores: [] }] };
  await expect(run(asking(), odd, new Log())).rejects.toThrow('handed the result of a score');
});

test('nothing is asked for no prefixes, no children, no candidates', async () => {
  const { perform, asked } = performing();
  const idle = function* (): Asking<unknown> {
    const none = yield* sample({ ...task, prefixes: [], count: 2, until: 'end' });
    return [
      none,
      yield* sample({ ...task, prefixes: [root], count: 0, until: 'end' }),
      yield* score('outcome', task.prompt, none),
    ];
  };
  expect(await run(idle(), perform, new Log())).toEqual([[], [], []]);
  expect(asked).toEqual([]);
});

test('what is asked together is answered in its order, and replays from its own part of the log', async () => {
  const both = function* (): Asking<unknown> {
    const draw = (count: number) => sample({ ...task, prefixes: [root], count, until: 'end' });
    const parts = yield* together<unknown>([draw(1), draw(2), score('outcome', task.prompt, [candidate('0.0', 'a')])]);
    return [parts, yield* draw(1)];
  };
  const log = new Log();
  const first = await run(both(), performing().perform, log);
  const replay = performing();
  expect(await run(both(), replay.perform, new Log(JSON.parse(JSON.stringify(log.entries))))).toEqual(first);
  expect(replay.asked).toEqual([]);
  const resumed = performing();
  await run(both(), resumed.perform, new Log(log.entries.slice(0, 1)));
  expect(resumed.asked).toHaveLength(1);
});

test('of those that go on in lock-step, one that tells something keeps step with the others', async () => {
  const draw = () => sample({ ...task, prefixes: [root], count: 1, until: 'end' });
  const telling = function* (): Asking<unknown> {
    yield* note({ type: 'prune', id: '0.1', reason: 'not_kept' });
    yield* draw();
    yield* note({ type: 'round', round: 0, kept: [] });
    return yield* draw();
  };
  const quiet = function* (): Asking<unknown> {
    yield* draw();
    return yield* draw();
  };
  const { perform, asked, told } = performing();
  const widths: number[] = [];
  const sampling: Perform['sample'] = (operations) => {
    widths.push(operations.length);
    return perform.sample(operations);
  };
  await run(together([quiet(), telling()]), { ...perform, sample: sampling }, new Log());
  expect(widths).toEqual([2, 2]);
  expect(asked).toHaveLength(4);
  expect(told).toHaveLength(2);
});

test('samples that write answers are one ask, also those that are asked together within; what ends the run is asked after them', async () => {
  const { perform } = performing();
  const asked: number[][] = [];
  const sampling: Perform['sample'] = (operations) => {
    asked.push(operations.map(({ count }) => eachAt(count, 0)));
    return perform.sample(operations);
  };
  const draw = (count: number, more: object = {}) => sample({ ...task, prefixes: [root], count, until: 'end', ...more });
  const parts = [draw(1, { finishing: true }), together([draw(2), draw(3)]), draw(4, { role: 'judge' }), draw(5)];
  const results = await run(together<unknown>(parts), { ...perform, sample: sampling }, new Log());
  expect(asked).toEqual([[2, 3, 5], [1], [4]]);
  const sizes = (result: unknown): unknown =>
    Array.isArray(result) && Array.isArray(result[0]) ? result.map(sizes) : (result as []).length;
  expect((results as unknown[]).map(sizes)).toEqual([1, [2, 3], 4, 5]); // in their order all the same
});

test('where the budget may not hold all of them, they are asked one after the other', async () => {
  const { perform, asked } = performing();
  let open = 0;
  let most = 0;
  const slow: Perform = {
    ...perform,
    atOnce: () => false,
    sample: async (operations) => {
      most = Math.max(most, ++open);
      const results = await perform.sample(operations);
      await Promise.resolve();
      open--;
      return results;
    },
  };
  const draw = () => sample({ ...task, role: 'judge', prefixes: [root], count: 1, until: 'end' });
  await run(together([draw(), draw(), draw()]), slow, new Log());
  expect([asked.length, most]).toEqual([3, 1]);
  await run(together([draw(), draw()]), { ...slow, atOnce: () => true }, new Log());
  expect(most).toBe(2);
});
