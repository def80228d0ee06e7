import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { dvts } from '../../src/strategies/dvts.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = dvts.options.parse({ n: 4, branch: 2 });
const step = (id: string, text = `${id}\n`, more: Partial<Candidate> = {}) =>
  candidate(id, text, { finish: 'step', written: text, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);

test('each subtree keeps the best of its own, where a beam would keep two of one (methods C.2)', () => {
  const { asked } = drive(dvts.run(task, options), [
    sampled(step('0.0'), step('0.1'), step('0.2'), step('0.3')),
    scores(0.4, 0.6, 0.9, 0.8),
    sampled(),
    sampled(),
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 4 });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.2' }], count: 2 });
});

test('a subtree ends with its best step; one that ended and is not the best does not end it, and is kept (methods C.2)', () => {
  const { asked, value } = drive(dvts.run(task, options), [
    sampled(ended('0.0'), step('0.1'), ended('0.2'), step('0.3')),
    scores(0.9, 0.1, 0.1, 0.9), // the first subtree is done, the second goes on
    sampled(step('0.3.0'), ended('0.3.1')),
    scores(0.2, 0.3),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.3' }], count: 2 });
  expect(ids(value.pool)).toEqual(['0.0', '0.2', '0.3.1']);
});

test('a first step that is missing moves no other into its subtree', () => {
  const { asked } = drive(dvts.run(task, options), [
    sampled(step('0.1'), step('0.2'), step('0.3')),
    scores(0.1, 0.2, 0.3),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.3' }] });
});

test('equal texts in two subtrees are not merged (methods C.15)', () => {
  const { asked } = drive(dvts.run(task, options), [
    sampled(step('0.0', 'same\n'), step('0.2', 'same\n')),
    scores(0.5, 0.5),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.2' }] });
});

test('fewer steps than were asked for are no fault (methods C.2, pitfalls)', () => {
  const { value } = drive(dvts.run(task, options), [
    sampled(step('0.0'), step('0.2')),
    scores(0.5, 0.5),
    sampled(ended('0.2.0')),
    scores(0.5),
  ]);
  expect(ids(value.pool)).toEqual(['0.2.0']);
});

test('n must be a multiple of branch', () => {
  const refused = dvts.options.safeParse({ n: 6, branch: 4 });
  expect(refused.error?.issues).toMatchObject([{ path: ['n'], message: 'n must be a multiple of branch' }]);
});

test.each([
  [1, { branch: 1, n: 1 }],
  [6, { branch: 4, n: 4 }],
  [16, { branch: 4, n: 16 }],
])('the integer budget %i is the width %j', (budget, width) => {
  expect(dvts.width(budget)).toEqual(width);
});
