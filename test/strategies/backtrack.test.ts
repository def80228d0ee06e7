import { expect, test } from 'vitest';
import type { Candidate, Result } from '../../src/operation.ts';
import { backtrack } from '../../src/strategies/backtrack.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = backtrack.options.parse({ paths: 1 });
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const both = (...results: Result[]): Result => ({ kind: 'together', results });
const over = [sampled(), sampled()]; // the budget has ended

test('a step that is good is written on', () => {
  const { asked } = drive(backtrack.run(task, options), [sampled(step('0.0')), scores(0.6), ...over]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }], count: 1, sampling: { temperature: 1 } });
});

test.each([
  { name: 'below the floor', first: 0.5, second: 0.29, taken: true },
  { name: 'at the floor', first: 0.5, second: 0.3, taken: false },
  { name: 'more than `drop` below its parent', first: 0.9, second: 0.59, taken: true },
  { name: 'as much as `drop` below its parent', first: 0.75, second: 0.45, taken: false },
  { name: 'of unknown value', first: 0.9, second: 'not_finite', taken: false },
])('a step $name: taken back $taken (methods C.13)', ({ first, second, taken }) => {
  const { asked, notes } = drive(backtrack.run(task, options), [
    sampled(step('0.0')),
    scores(first),
    sampled(step('0.0.0')),
    scores(second),
    ...over,
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: taken ? '0.0' : '0.0.0' }] });
  expect(notes.some((note) => note.type === 'prune')).toBe(taken);
});

test('it is drawn again, 0.1 warmer each time, under a number of its own (methods C.13)', () => {
  const { asked } = drive(backtrack.run(task, options), [
    sampled(step('0.0')),
    scores(0.1),
    sampled(step('0.1')),
    scores(0.1),
    sampled(step('0.2')),
    scores(0.9),
    ...over,
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 1, sampling: { temperature: 1.1 } });
  expect(asked[4]).toMatchObject({ firstChild: 2, sampling: { temperature: 1.2 } });
  expect(asked[6]).toMatchObject({ prefixes: [{ id: '0.2' }], sampling: { temperature: 1 } });
});

test('after all retries the step before is taken back too, but never the first one (methods C.13, C.15)', () => {
  const wrong = (id: string) => [sampled(step(id)), scores(0.1)];
  const { asked } = drive(backtrack.run(task, { ...options, retries: 1 }), [
    sampled(step('0.0')),
    scores(0.9),
    sampled(step('0.0.0')),
    scores(0.8),
    ...wrong('0.0.0.0'),
    ...wrong('0.0.0.1'), // the retries of the third step are used up: the second one goes
    ...wrong('0.0.1'),
    ...wrong('0.0.2'), // and the first one stays: it goes on with the best second step that it has seen
    ...over,
  ]);
  expect(asked[8]).toMatchObject({ prefixes: [{ id: '0.0' }], firstChild: 1, sampling: { temperature: 1 } });
  expect(asked[10]).toMatchObject({ prefixes: [{ id: '0.0' }], firstChild: 2, sampling: { temperature: 1.1 } });
  expect(asked[12]).toMatchObject({ prefixes: [{ id: '0.0.0' }], firstChild: 2 });
});

test('a first step that stays wrong is the best of those that were drawn', () => {
  const { asked } = drive(backtrack.run(task, { ...options, retries: 1 }), [
    sampled(step('0.0')),
    scores(0.2),
    sampled(step('0.1')),
    scores(0.1),
    ...over,
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0' }] });
});

test('when `max_waste` is used up nothing is taken back any more (methods C.13)', () => {
  const { asked } = drive(backtrack.run(task, { ...options, max_waste: 0 }), [
    sampled(step('0.0')),
    scores(0.1),
    sampled(step('0.0.0')),
    scores(0.1),
    ...over,
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }] });
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }] });
});

test('an answer that is found wrong is kept as one, and the path draws again', () => {
  const { asked, value } = drive(backtrack.run(task, options), [
    sampled(ended('0.0')),
    scores(0.1),
    sampled(ended('0.1')),
    scores(0.9),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 1 });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1']);
});

test('paths begin together and go on together; those that are warmer are another sample of the same round', () => {
  const { asked } = drive(backtrack.run(task, { ...options, paths: 2 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.9, 0.1),
    both(sampled(step('0.0.0')), sampled(step('0.2'))),
    both(scores(0.9), scores(0.9)),
    ...over,
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 2 });
  expect(asked[2]).toMatchObject({
    operations: [
      { prefixes: [{ id: '0.0' }], sampling: { temperature: 1 } },
      { prefixes: [{ id: '0' }], firstChild: 2, sampling: { temperature: 1.1 } },
    ],
  });
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }, { id: '0.2' }] });
});

test('a step that fails each time ends its path', () => {
  const failed = (id: string) => sampled(candidate(id, '', { finish: 'error', written: '' }));
  const { asked } = drive(backtrack.run(task, options), [failed('0.0'), failed('0.1'), failed('0.2'), sampled()]);
  expect(asked).toHaveLength(4);
  expect(asked[3]).toMatchObject({ finishing: true });
});
