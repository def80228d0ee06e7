import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import type { Node } from '../../src/strategies/tree.ts';
import { upperBound } from '../../src/strategies/tree.ts';
import { uct } from '../../src/strategies/uct.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = { iterations: 64, parallel: 1, max_steps: 40, branch: 2, mcts_c: Math.SQRT2 };
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const visited = (visits: number, value: number) => ({ visits, valueSum: visits * value, inFlight: 0 }) as Node;

test.each([
  { value: 0.6, visits: 3, expected: 1.738979119 },
  { value: 0.5, visits: 1, expected: 2.472769702 },
])('of 7 visits, $visits of value $value have the upper bound $expected (methods C.7)', ({ value, visits, expected }) => {
  expect(upperBound(visited(visits, value), visited(7, 0.5), Math.SQRT2)).toBeCloseTo(expected, 9);
});

test('a path goes on below the leaf that it has written on, until an answer ends it; then one begins anew (methods C.7)', () => {
  const { asked, notes } = drive(uct.run(task, { ...options, iterations: 5 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.2, 0.8),
    sampled(step('0.1.0'), step('0.1.1')),
    scores(0.4, 0.5),
    sampled(ended('0.1.1.0'), step('0.1.1.1')),
    scores(0.9, 0.1),
    sampled(step('0.0.0'), step('0.0.1')),
    scores(0.6, 0.3),
    sampled(ended('0.0.0.0'), ended('0.0.0.1')),
    scores(0.7, 0.6),
  ]);
  expect(asked.filter(({ kind }) => kind === 'sample')).toMatchObject([
    { prefixes: [{ id: '0' }], count: 2, until: 'step' },
    { prefixes: [{ id: '0.1' }], count: 2 },
    { prefixes: [{ id: '0.1.1' }], count: 2 },
    { prefixes: [{ id: '0.0' }], count: 2 }, // a new path: an unvisited child goes first
    { prefixes: [{ id: '0.0.0' }], count: 2 },
  ]);
  expect(notes.filter(({ type }) => type === 'value')).toEqual([
    { type: 'value', id: '0.1.1.0', visits: 1, value: 0.9 },
    { type: 'value', id: '0.1.1', visits: 1, value: 0.9 },
    { type: 'value', id: '0.1', visits: 1, value: 0.9 },
    { type: 'value', id: '0', visits: 1, value: 0.9 },
    { type: 'value', id: '0.0.0.0', visits: 1, value: 0.7 },
    { type: 'value', id: '0.0.0', visits: 1, value: 0.7 },
    { type: 'value', id: '0.0', visits: 1, value: 0.7 },
    { type: 'value', id: '0', visits: 2, value: 0.8 },
  ]);
});

test('an unvisited child goes before all others, whatever their bounds are (methods C.7)', () => {
  const { asked } = drive(uct.run(task, { ...options, branch: 3, iterations: 4 }), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.9, 0.8, 0.1),
    sampled(ended('0.0.0'), step('0.0.1')),
    scores(0.9, 0.3),
    sampled(ended('0.1.0')),
    scores(0.9),
    sampled(ended('0.2.0')),
    scores(0.1),
  ]);
  expect(asked[6]).toMatchObject({ prefixes: [{ id: '0.2' }] }); // 0.0 has a bound of 0.9 + 1.41 sqrt(ln 2)
});

test.each([
  { c: 0.1, next: '0.1.1' }, // 0.9 and 0.7 with next to nothing added
  { c: 0, next: '0.1.1' },
  { c: 5, next: '0.0.1' }, // 0.9 of two visits and 0.7 of one: 5 sqrt(ln 3 / 2) + 0.9 = 4.61, 5 sqrt(ln 3) + 0.7 = 5.94
])('with $c for exploration the fourth path goes to $next', ({ c, next }) => {
  const { asked } = drive(uct.run(task, { ...options, branch: 3, mcts_c: c }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.2, 0.8),
    sampled(ended('0.1.0'), step('0.1.1'), ended('0.1.2')),
    scores(0.9, 0.1, 0.9),
    sampled(ended('0.0.0'), step('0.0.1')),
    scores(0.7, 0.1),
    sampled(),
  ]);
  expect(asked[6]).toMatchObject({ prefixes: [{ id: next }] });
});

test('the paths of a round are one sample and one score; virtual losses lead them apart (methods C.7)', () => {
  const { asked } = drive(uct.run(task, { ...options, parallel: 3 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.9, 0.8),
    sampled(step('0.0.0'), step('0.0.1'), step('0.1.0'), step('0.1.1')),
    scores(0.7, 0.6, 0.4, 0.3),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }], count: 2 }); // there is no third leaf
  // two go on; a third begins. Both children of the prompt are tried once, of value 0: the first one, and there what is left
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }, { id: '0.1.0' }, { id: '0.0.1' }] });
});

test.each([
  { accept: 0.9, ends: true },
  { accept: 0.91, ends: false },
])(
  'a path that ends at a completed candidate of 0.9 ends the search where `accept` is $accept: $ends (methods D.3)',
  ({ accept, ends }) => {
    const { asked, value } = drive(uct.run(task, { ...options, accept }), [
      sampled(step('0.0'), step('0.1')),
      scores(0.2, 0.95), // an open prefix is none to accept
      sampled(ended('0.1.0'), step('0.1.1')),
      scores(0.9, 0.8),
      ...(ends ? [] : [sampled()]),
    ]);
    expect(asked.length).toBe(ends ? 4 : 5);
    expect(value.stop).toBe(ends ? 'threshold' : undefined);
  },
);

test('a path that finds no way on ends with the value of the node where it stands', () => {
  const dead = candidate('0.0.0', '0.0\n\n', { finish: 'step', written: '\n' });
  const { notes } = drive(uct.run(task, { ...options, iterations: 2 }), [
    sampled(step('0.0'), ended('0.1')),
    scores(0.6, 0.3),
    sampled(dead, candidate('0.0.1', '', { finish: 'error' })),
  ]);
  expect(notes.filter(({ type }) => type === 'value')).toEqual([
    { type: 'value', id: '0.0', visits: 1, value: 0.6 },
    { type: 'value', id: '0', visits: 1, value: 0.6 },
  ]);
});

test('a leaf that the budget did not reach is not visited', () => {
  const { notes } = drive(uct.run(task, options), [sampled(step('0.0')), scores(0.6), sampled(), sampled()]);
  expect(notes.filter(({ type }) => type === 'value')).toEqual([]);
});

test('when all that there is has ended, the search ends: visits of what ended take none of its iterations (methods M.10)', () => {
  const { notes, value } = drive(uct.run(task, options), [sampled(ended('0.0'), ended('0.1')), scores(0.9, 0.4)]);
  expect(notes.filter(({ type }) => type === 'value')).toEqual([
    { type: 'value', id: '0.0', visits: 1, value: 0.9 },
    { type: 'value', id: '0', visits: 1, value: 0.9 },
    { type: 'value', id: '0.1', visits: 1, value: 0.4 },
    { type: 'value', id: '0', visits: 2, value: 0.65 },
  ]);
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1']);
});

test('each step is worth 1/16 of an answer of the budget: four leaves of four steps', () => {
  expect([1, 16, 256].map((budget) => uct.width(budget))).toEqual([{ iterations: 4 }, { iterations: 64 }, { iterations: 1024 }]);
});

test('the bound is of all steps, and of the completion of the best prefix', () => {
  const bound = uct.bound({ iterations: 3, branch: 2 }, 100, 1);
  expect(bound).toEqual({ candidates: 7, tokens: 700, scoreCalls: 5 });
});
