import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { mcts, reach } from '../../src/strategies/mcts.ts';
import type { Node } from '../../src/strategies/tree.ts';
import { candidate, drive, sampled, scores, stepScores, task } from '../drive.ts';

const options = mcts.options.parse({ parallel: 1, branch: 2, roll_forward: 2, end_gate: 0.9 });
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const visited = (visits: number, value: number) => ({ visits, valueSum: visits * value, inFlight: 0, ownValue: value }) as Node;
const last = <T>(notes: readonly T[], count: number) => notes.slice(-count - 1, -1); // the round itself is told after them

test('worth of a child: 1.397285383, 1.880938792 and 1.497285383, and 1.45 of an unvisited one with a bonus (methods C.6)', () => {
  const parent = visited(7, 0.6);
  const children = [visited(3, 0.6), visited(1, 0.5), visited(3, 0.7), visited(0, 0.45)];
  const worths = children.map((child) => reach(0.7, 1)(child, parent));
  for (const [place, worth] of [1.397285383, 1.880938792, 1.497285383, 1.45].entries())
    expect(worths[place]).toBeCloseTo(worth, 9);
});

test('without a bonus an unvisited child goes first (methods J.32)', () => {
  expect(reach(0.7)(visited(0, 0.1), visited(7, 0.6))).toBe(Number.POSITIVE_INFINITY);
});

test('the best child is rolled forward: half of its own value, half of the best that was seen (methods C.6)', () => {
  const { asked, notes } = drive(mcts.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.3, 0.6),
    sampled(step('0.1.0')),
    sampled(step('0.1.0.0')),
    scores(0.8, 0.7),
    sampled(),
    sampled(),
  ]);
  expect(asked.slice(2, 5)).toMatchObject([
    { kind: 'sample', prefixes: [{ id: '0.1' }], count: 1, until: 'step', sampling: { temperature: 0 } },
    { kind: 'sample', prefixes: [{ id: '0.1.0' }], count: 1, until: 'step', sampling: { temperature: 0 } },
    { kind: 'score', candidates: [{ id: '0.1.0' }, { id: '0.1.0.0' }] },
  ]);
  expect(notes.slice(0, 2)).toEqual([
    { type: 'value', id: '0.1', visits: 1, value: 0.7 },
    { type: 'value', id: '0', visits: 1, value: 0.7 }, // the unvisited sibling weighs nothing
  ]);
  expect(asked[5]).toMatchObject({ prefixes: [{ id: '0.0' }], count: 2 }); // unvisited: it goes first
});

test('a node that was rolled from grows children with other numbers: the rollout is no part of the tree', () => {
  const { asked } = drive(mcts.run(task, { ...options, branch: 1, roll_forward: 1 }), [
    sampled(step('0.0')),
    scores(0.3),
    sampled(step('0.0.0')),
    scores(0.5),
    sampled(),
    sampled(),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0' }], count: 1, firstChild: 1 });
});

test('rollouts of all leaves of a round run together, one sample a depth and one score for all', () => {
  const { asked } = drive(mcts.run(task, { ...options, parallel: 2 }), [
    sampled(ended('0.0'), step('0.1')),
    scores(0.2, 0.6),
    sampled(ended('0.1.0')), // of the rollout: shorter than two steps
    scores(0.5),
    sampled(step('0.1.1'), step('0.1.2')),
    scores(0.5, 0.4),
    sampled(step('0.1.1.0')),
    sampled(ended('0.1.1.0.0')),
    scores(0.5, 0.5),
    sampled(step('0.1.1.1'), step('0.1.1.2'), step('0.1.2.0'), step('0.1.2.1')),
    scores(0.1, 0.2, 0.3, 0.2),
    sampled(step('0.1.1.2.0'), step('0.1.2.0.0')),
    sampled(step('0.1.1.2.0.0'), step('0.1.2.0.0.0')),
    scores(0.1, 0.1, 0.1, 0.1),
    sampled(),
  ]);
  expect(asked.slice(9, 14)).toMatchObject([
    { kind: 'sample', prefixes: [{ id: '0.1.2' }, { id: '0.1.1' }], count: 2, sampling: { temperature: 1 } },
    { kind: 'score' },
    { kind: 'sample', prefixes: [{ id: '0.1.2.0' }, { id: '0.1.1.2' }], count: 1, sampling: { temperature: 0 } },
    { kind: 'sample', prefixes: [{ id: '0.1.2.0.0' }, { id: '0.1.1.2.0' }], count: 1, sampling: { temperature: 0 } },
    { kind: 'score', candidates: [{}, {}, {}, {}] },
  ]);
});

test('an answer that a rollout reaches is a completed candidate: it is paid for', () => {
  const { value } = drive(mcts.run(task, { ...options, iterations: 1 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.3, 0.6),
    sampled(ended('0.1.0')),
    scores(0.99),
  ]);
  expect(value.pool.map(({ id }) => id)).toEqual(['0.1.0']);
  expect(value.pool[0]!.scores).toEqual({ process: { ok: true, value: 0.99 } });
  expect(value.stop).toBeUndefined(); // the gate is for nodes of the tree (methods C.15)
});

test.each([
  { name: 'a best child that ended keeps its value', first: ended('0.1'), script: [] },
  {
    name: 'a rollout whose scores failed changes nothing: unknown is not 0 (methods 0.2)',
    first: step('0.1'),
    script: [sampled(step('0.1.0')), sampled(), scores('failed')],
  },
  { name: 'a rollout that was not started changes nothing', first: step('0.1'), script: [sampled()] },
])('$name', ({ first, script }) => {
  const { notes } = drive(mcts.run(task, { ...options, iterations: 1 }), [
    sampled(step('0.0'), first),
    scores(0.3, 0.6),
    ...script,
    ...(first.finish === 'stop' ? [] : [sampled()]), // nothing ended: the best prefix is written on
  ]);
  expect(last(notes, 2)[0]).toEqual({ type: 'value', id: '0.1', visits: 1, value: 0.6 });
});

test('no steps of rollouts ask for nothing, and change no value', () => {
  const { notes, asked } = drive(mcts.run(task, { ...options, iterations: 1, roll_forward: 0 }), [
    sampled(step('0.0'), ended('0.1')),
    scores(0.6, 0.3),
  ]);
  expect(asked).toHaveLength(2);
  expect(last(notes, 2)[0]).toEqual({ type: 'value', id: '0.0', visits: 1, value: 0.6 });
});

test('each node is worth the mean of its children by visits; the best child is visited with its path (methods C.6, C.15)', () => {
  const { notes } = drive(mcts.run(task, { ...options, iterations: 2, roll_forward: 0, unvisited_bonus: 0, mcts_c: 0 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.3, 0.6),
    sampled(step('0.1.0'), step('0.1.1')),
    scores(0.1, 0.2),
    sampled(ended('0.1.1.0')),
    scores(0.5),
  ]);
  expect(last(notes, 3)).toEqual([
    { type: 'value', id: '0.1.1', visits: 1, value: 0.2 },
    { type: 'value', id: '0.1', visits: 2, value: 0.2 }, // its own 0.6 is forgotten
    { type: 'value', id: '0', visits: 2, value: 0.2 },
  ]);
});

test('a round that has ended leaves nothing in flight: values are no lower for it (methods C.7)', () => {
  const byValue = { ...options, roll_forward: 0, unvisited_bonus: 0, mcts_c: 0, iterations: 3 };
  const { asked } = drive(mcts.run(task, byValue), [
    sampled(step('0.0'), step('0.1')),
    scores(0.6, 0.5),
    sampled(step('0.0.0')),
    scores(0.55),
    sampled(ended('0.0.0.0')),
    scores(0.1),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }] }); // 0.55 of two visits; a third one of value 0 is 0.37
});

test.each([
  { value: 0.9, stop: 'threshold' },
  { value: 0.89, stop: undefined },
])('where a completed candidate of $value is chosen, the reason of a stop is $stop (methods C.15)', ({ value, stop }) => {
  const byValue = { ...options, roll_forward: 0, mcts_c: 0, unvisited_bonus: 0 };
  const { asked, value: gathered } = drive(mcts.run(task, byValue), [
    sampled(ended('0.0'), step('0.1')),
    scores(value, 0.2),
    ...(stop ? [] : [sampled()]),
  ]);
  expect(gathered.stop).toBe(stop);
  expect(gathered.pool.map(({ id }) => id)).toEqual(['0.0']);
  expect(asked).toHaveLength(stop ? 2 : 3);
});

test('an unfinished prefix of a high value is no answer: the search goes on (methods J.32)', () => {
  const { asked } = drive(mcts.run(task, { ...options, roll_forward: 0 }), [
    sampled(step('0.0')),
    scores(0.99),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }], until: 'step' });
});

test('with answer_steps a prefix has its quality value: the farther one of two right ones is worth more (methods C.6)', () => {
  const whole = { ...options, iterations: 2, roll_forward: 0, answer_steps: 3, mcts_c: 0, unvisited_bonus: 0 };
  const { notes } = drive(mcts.run(task, whole), [
    sampled(step('0.0', { text: 'a\n', steps: ['a\n'] })),
    scores(stepScores(1)),
    sampled(step('0.0.0', { text: 'a\nb\n', steps: ['a\n', 'b\n'] })),
    scores(stepScores(1, 1)),
    sampled(ended('0.0.0.0')),
    scores(0.5),
  ]);
  expect(notes[0]).toMatchObject({ id: '0.0', value: 1 / 3 });
  expect(last(notes, 3)[0]).toMatchObject({ id: '0.0.0', value: expect.closeTo(2 / 3, 12) });
});

test('the bound counts a rollout of each leaf, and two scores a round', () => {
  expect(mcts.bound({ iterations: 2, branch: 3, roll_forward: 3 }, 10, 1)).toEqual({
    candidates: 9,
    tokens: 90,
    scoreCalls: 6,
  });
  expect(mcts.bound({ iterations: 2, branch: 3, roll_forward: 0 }, 10, 1).candidates).toBe(7);
});
