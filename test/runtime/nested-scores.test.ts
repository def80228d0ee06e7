/** A reward that is made of others: what it asks is paid once in a run, logged, and told of nobody but itself. */
import { expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import type { Asking, Prefix, Score } from '../../src/operation.ts';
import { score } from '../../src/operation.ts';
import { Log } from '../../src/runtime/log.ts';
import { performing } from '../../src/runtime/perform.ts';
import { run } from '../../src/runtime/run.ts';
import { candidate, task } from '../drive.ts';
import { means, rewards } from './means.ts';
import { ScriptedBackend } from './scripted-backend.ts';

const entry = (kind: object) => rewardConfig.parse(kind);
const entries = {
  ...rewards,
  both: entry({ kind: 'ensemble', members: ['outcome', 'process'] }),
  nested: entry({ kind: 'ensemble', members: ['both', 'outcome'] }),
  long: entry({ kind: 'penalized', reward: 'outcome', length: { form: 'ramp', free: 1, full: 9 } }),
};
const texts = (...given: string[]): Prefix[] => given.map((text, place) => candidate(`0.${place}`, text));

function setUp(asking: Asking<unknown>, log = new Log()) {
  const backend = new ScriptedBackend({});
  const { context, state, events } = means(backend, { lookup: { backends: {}, policies: {}, rewards: entries } });
  return {
    backend,
    events,
    log,
    done: run(asking, performing(context, state), log),
    account: () => context.ledger.account().rewards,
  };
}

function* scoreBy(names: readonly string[], candidates: readonly Prefix[]): Asking<Record<string, readonly Score[]>> {
  const all: Record<string, readonly Score[]> = {};
  for (const name of names) all[name] = yield* score(name, task.prompt, candidates);
  return all;
}

test('members are asked once, by however many rewards, and however often', async () => {
  const { backend, done, account } = setUp(scoreBy(['nested', 'both', 'outcome', 'process', 'both'], texts('a', 'bb', 'a')));
  await done;
  expect(backend.scoreRequests.map(({ model, candidates }) => [model, candidates.length])).toEqual([
    ['outcome', 2],
    ['process', 2],
  ]);
  expect(account()).toMatchObject({ outcome: { calls: 1 }, process: { calls: 1 } });
});

test('what it asks of its members is not told; what was asked for is, once each', async () => {
  const { events, done } = setUp(scoreBy(['both', 'outcome'], texts('a', 'b')));
  await done;
  const told = events.map(({ data }) => data as { id: string; reward: string });
  expect(told.map(({ id, reward }) => [reward, id])).toEqual([
    ['both', '0.0'],
    ['both', '0.1'],
    ['outcome', '0.0'],
    ['outcome', '0.1'],
  ]);
});

test('a reward that compares candidates, or sees how they were written, is asked once as well', async () => {
  const equal = [candidate('0.0', 'a', { tokenCount: 5 }), candidate('0.1', 'a', { tokenCount: 9 })];
  const { backend, done } = setUp(scoreBy(['long', 'both', 'long', 'both'], equal));
  const { long } = (await done) as Record<string, readonly Score[]>;
  expect(long!.map((one) => one.ok && one.value)).toEqual([1 - 0.05, 1 - 0.1]); // one text, two lengths
  expect(backend.scoreRequests).toHaveLength(2);
});

test('a set is compared once: the same question has the same answer, and not one that is made anew', async () => {
  function* twice(): Asking<readonly Score[]> {
    const [first] = yield* score('both', task.prompt, texts('a', 'bbb'));
    const [again] = yield* score('both', task.prompt, texts('a', 'bbb'));
    return [first!, again!];
  }
  const [first, again] = (await setUp(twice()).done) as Score[];
  expect(again).toBe(first);
});

test('another set of candidates is another question', async () => {
  function* twice(): Asking<readonly Score[][]> {
    return [[...(yield* score('both', task.prompt, texts('a', 'bbb')))], [...(yield* score('both', task.prompt, texts('a')))]];
  }
  const [both, alone] = (await setUp(twice()).done) as Score[][];
  expect(both![0]).not.toMatchObject({ value: (alone![0] as { value: number }).value });
});

test('its log is that of its readings: a replay asks nothing, and comes out the same', async () => {
  const first = setUp(scoreBy(['nested', 'long'], texts('a', 'bb')));
  const value = await first.done;
  const again = setUp(scoreBy(['nested', 'long'], texts('a', 'bb')), new Log(first.log.entries));
  expect(await again.done).toEqual(value);
  expect(again.backend.scoreRequests).toEqual([]);
});
