import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { lookahead } from '../../src/strategies/lookahead.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = lookahead.options.parse({ keep: 1, branch: 2 });
const step = (id: string, more: Partial<Candidate> = {}) =>
  candidate(id, `${id}\n`, { finish: 'step', written: `${id}\n`, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);

test('a step is kept by the score of what follows it, and it alone is kept (methods C.4)', () => {
  const { asked } = drive(lookahead.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(step('0.0.0'), step('0.1.0')),
    scores(0.8, 0.55),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }], count: 1, sampling: { temperature: 0 } });
  expect(asked[3]).toMatchObject({ candidates: [{ id: '0.0.0' }, { id: '0.1.0' }] }); // the looked-ahead texts (pitfall J.24)
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0', text: '0.0\n' }], count: 2, firstChild: 1 });
});

test('a rollout that reaches an answer is a completed candidate, and ends no search (methods C.4)', () => {
  const { asked, value } = drive(lookahead.run(task, { ...options, min_completed: 1 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(ended('0.0.0'), step('0.1.0')),
    scores(0.8, 0.9),
    sampled(ended('0.1.1')),
    scores(0.7),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.1' }] });
  expect(ids(value.pool)).toEqual(['0.0.0', '0.1.1']);
  expect(value.pool[0]?.scores.process).toMatchObject({ value: 0.8 });
});

test('several steps ahead are one sample a depth, and the last text is scored once', () => {
  const { asked } = drive(lookahead.run(task, { ...options, lookahead: 2 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(step('0.0.0'), step('0.1.0')),
    sampled(step('0.0.0.0'), step('0.1.0.0')),
    scores(0.1, 0.2),
    sampled(),
    sampled(),
  ]);
  expect(asked.map(({ kind }) => kind)).toEqual(['sample', 'score', 'sample', 'sample', 'score', 'sample', 'sample']);
  expect(asked[5]).toMatchObject({ prefixes: [{ id: '0.1' }] });
});

test('where nothing follows a step its own score ranks it', () => {
  const { asked } = drive(lookahead.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(candidate('0.0.0', '', { finish: 'error' })),
    sampled(),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.1' }], count: 2 });
});

test('no step ahead is beam search', () => {
  const { asked } = drive(lookahead.run(task, { ...options, lookahead: 0 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }], count: 2 });
});
