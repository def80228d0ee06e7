import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { bestFirst } from '../../src/strategies/best-first.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = bestFirst.options.parse({ parallel: 1 });
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });

test('the best prefix is written on, wherever it stands (methods C.9)', () => {
  const { asked, notes } = drive(bestFirst.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.7, 0.5),
    sampled(step('0.0.0'), step('0.0.1')),
    scores(0.6, 0.4),
    sampled(step('0.0.0.0'), step('0.0.0.1')),
    scores(0.1, 0.2),
    sampled(), // the budget has ended
    sampled(),
  ]);
  expect(asked.filter(({ kind }) => kind === 'sample')).toMatchObject([
    { prefixes: [{ id: '0' }], count: 2, until: 'step' },
    { prefixes: [{ id: '0.0' }], count: 2 },
    { prefixes: [{ id: '0.0.0' }] },
    { prefixes: [{ id: '0.1' }] }, // 0.5 is better than what was found below 0.7
    { prefixes: [{ id: '0.1' }], until: 'end', finishing: true },
  ]);
  expect(notes.slice(0, 2)).toEqual([
    { type: 'round', round: 0, kept: ['0'] },
    { type: 'round', round: 1, kept: ['0.0'] },
  ]);
});

test.each([
  { name: 'of equal values the shorter path comes first', second: [0.5, 0.1], next: '0.1' },
  { name: 'of equal values and depths the lower path comes first', second: [0.9, 0.9], next: '0.0.0' },
])('$name (methods C.9)', ({ second, next }) => {
  const { asked } = drive(bestFirst.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.6, 0.5),
    sampled(step('0.0.0'), step('0.0.1')),
    scores(...second),
    sampled(),
    sampled(),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: next }] });
});

test('paths are compared number by number: 0.9 comes before 0.10', () => {
  const first = Array.from({ length: 12 }, (_, child) => step(`0.${child}`));
  const values = first.map((_, child) => (child < 9 ? 0.1 : 0.5));
  const { asked } = drive(bestFirst.run(task, { ...options, branch: 12, parallel: 3 }), [
    sampled(...first),
    scores(...values),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.9' }, { id: '0.10' }, { id: '0.11' }] });
});

test('a completed candidate leaves the queue when it is its turn; below `accept`, and without one, the search goes on', () => {
  const script = [sampled(ended('0.0'), step('0.1')), scores(0.9, 0.2), sampled()];
  for (const more of [{}, { accept: 0.91 }]) {
    const { asked, value } = drive(bestFirst.run(task, { ...options, ...more }), script);
    expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }] });
    expect(value).toMatchObject({ pool: [{ id: '0.0' }] });
    expect(value.stop).toBeUndefined();
  }
});

test('the first completed candidate of at least `accept` whose turn it is ends the search (methods C.9)', () => {
  const { value } = drive(bestFirst.run(task, { ...options, accept: 0.9 }), [
    sampled(ended('0.0'), step('0.1')),
    scores(0.9, 0.95),
    sampled(step('0.1.0'), step('0.1.1')), // it was not the best yet
    scores(0.1, 0.2),
  ]);
  expect(value).toMatchObject({ pool: [{ id: '0.0' }], stop: 'threshold' });
});

test('no more than max_queue wait: the worst are dropped, and told (methods C.9)', () => {
  const { asked, notes } = drive(bestFirst.run(task, { ...options, branch: 3, max_queue: 1 }), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.5, 0.7, 0.6),
    sampled(candidate('0.1.0', '0.1\n', { finish: 'step', written: '' })), // a dead end, and nothing else waits
    sampled(),
  ]);
  expect(notes.slice(0, 2)).toEqual([
    { type: 'prune', id: '0.2', reason: 'queue_full' },
    { type: 'prune', id: '0.0', reason: 'queue_full' },
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.2' }], finishing: true }); // rather than the dead end
});

test('a round writes on the best `parallel` ones, by one sample', () => {
  const { asked } = drive(bestFirst.run(task, { ...options, parallel: 2 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.7),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.0' }], count: 2 });
});

test('an integer budget is of leaves of two steps, sixteen steps an answer', () => {
  expect([1, 16, 256].map((budget) => bestFirst.width(budget))).toEqual([
    { iterations: 8 },
    { iterations: 128 },
    { iterations: 2048 },
  ]);
});
