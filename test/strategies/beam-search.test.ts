import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { beamSearch } from '../../src/strategies/beam-search.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = { keep: 2, branch: 2, max_steps: 40, dedupe: true };
const step = (id: string, text = `${id}\n`, more: Partial<Candidate> = {}) =>
  candidate(id, text, { finish: 'step', written: text.split('\n').at(-2) ?? text, ...more });
const ended = (id: string, text = `${id} end`) => candidate(id, text, { written: 'end' });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);

test('beam search keeps the best open prefixes and sets finished ones aside (methods C.1)', () => {
  const first = [step('0.0'), ended('0.1'), step('0.2'), step('0.3')];
  const { asked, notes, value } = drive(beamSearch.run(task, options), [
    sampled(...first),
    scores(0.6, 0.9, 0.7, 0.6), // the worked example: 0 and 3 tie, the lower index goes on
    sampled(),
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 4, until: 'step' });
  expect(asked[1]).toMatchObject({ kind: 'score', reward: 'process', candidates: first.map(({ id }) => ({ id })) });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.2' }, { id: '0.0' }], count: 2, firstChild: 0, until: 'step' });
  expect(ids(value.pool)).toEqual(['0.1']);
  expect(notes).toEqual([
    { type: 'prune', id: '0.3', reason: 'not_kept' },
    { type: 'round', round: 0, kept: ['0.2', '0.0'] },
    { type: 'round', round: 1, kept: [] },
  ]);
});

test.each([
  { name: 'fewer tokens win a tie', tokens: [9, 3, 5], values: [0.5, 0.5, 0.5], kept: ['0.1', '0.2'] },
  { name: 'the score comes before tokens', tokens: [9, 3, 5], values: [0.6, 0.5, 0.5], kept: ['0.0', '0.1'] },
  { name: 'a failed score comes last', tokens: [9, 3, 5], values: [-100, 'not_finite', -99], kept: ['0.2', '0.0'] },
  { name: 'where all failed, the first ones go on', tokens: [5, 5, 5], values: ['a', 'b', 'c'], kept: ['0.0', '0.1'] },
])('$name (methods 0.3)', ({ tokens, values, kept }) => {
  const first = tokens.map((tokenCount, place) => step(`0.${place}`, `${place}\n`, { tokenCount }));
  const { asked } = drive(beamSearch.run(task, options), [sampled(...first), scores(...values), sampled(), sampled()]);
  expect(asked[2]).toMatchObject({ prefixes: kept.map((id) => ({ id })) });
});

test('each kept prefix grows `branch` steps; the first round draws keep x branch from the prompt', () => {
  const { asked } = drive(beamSearch.run(task, { ...options, keep: 3, branch: 5 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.1, 0.2),
    sampled(),
    sampled(),
  ]);
  expect(asked[0]).toMatchObject({ count: 15 });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }, { id: '0.0' }], count: 5 });
});

test('open prefixes of equal text are merged, the first one stays whatever its tokens are (methods C.0)', () => {
  const first = [step('0.0', 'same\n', { tokens: [1, 2] }), step('0.1', 'same\n', { tokens: [3] }), step('0.2', 'other\n')];
  const script = [sampled(...first), scores(0.9, 0.9, 0.1), sampled(), sampled()];
  const merged = drive(beamSearch.run(task, options), script);
  expect(merged.asked[2]).toMatchObject({ prefixes: [{ id: '0.0', tokens: [1, 2] }, { id: '0.2' }] });
  expect(merged.notes).toContainEqual({ type: 'prune', id: '0.1', reason: 'not_kept' });
  const kept = drive(beamSearch.run(task, { ...options, dedupe: false }), script);
  expect(kept.asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }] });
});

test('ended candidates of equal text are not merged: each is a vote', () => {
  const { value } = drive(beamSearch.run(task, options), [sampled(ended('0.0', 'same'), ended('0.1', 'same')), scores(1, 1)]);
  expect(ids(value.pool)).toEqual(['0.0', '0.1']);
});

test('`keep` does not shrink as candidates end; all that ended in the last round stay (methods C.15)', () => {
  const { asked, value } = drive(beamSearch.run(task, { ...options, keep: 2, min_completed: 3 }), [
    sampled(ended('0.0'), step('0.1'), step('0.2'), step('0.3')),
    scores(0.1, 0.2, 0.3, 0.4),
    sampled(ended('0.3.0'), ended('0.3.1'), ended('0.2.0'), step('0.2.1')),
    scores(0.1, 0.2, 0.3, 0.4),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.3' }, { id: '0.2' }] });
  expect(ids(value.pool)).toEqual(['0.0', '0.3.0', '0.3.1', '0.2.0']);
});

test('`min_completed` candidates are enough; it is `keep` where absent', () => {
  const first = [ended('0.0'), step('0.1'), step('0.2'), step('0.3')];
  expect(
    ids(drive(beamSearch.run(task, { ...options, min_completed: 1 }), [sampled(...first), scores(1, 1, 1, 1)]).value.pool),
  ).toEqual(['0.0']);
  const { value } = drive(beamSearch.run(task, options), [
    sampled(...first),
    scores(1, 1, 1, 1),
    sampled(ended('0.1.0'), step('0.1.1')),
    scores(1, 1),
  ]);
  expect(ids(value.pool)).toEqual(['0.0', '0.1.0']);
});

test('an empty step is a dead end: neither scored nor completed nor grown (methods C.0)', () => {
  const dead = [step('0.0', '\n', { written: '\n' }), candidate('0.1', '', { written: '' })];
  const { asked } = drive(beamSearch.run(task, options), [sampled(...dead, step('0.2')), scores(0.5), sampled(), sampled()]);
  expect(asked[1]).toMatchObject({ candidates: [{ id: '0.2' }] });
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.2' }] });
});

test('an empty last step ends an answer that stands before it (methods C.0)', () => {
  const answerSpan = (text: string): [number, number] | undefined => (text.includes('answer 7') ? [7, 8] : undefined);
  const answered = { ...task, answerSpan };
  const end = candidate('0.0', 'answer 7\n', { written: '' });
  const { value } = drive(beamSearch.run(answered, { ...options, min_completed: 1 }), [sampled(end), scores(0.5)]);
  expect(ids(value.pool)).toEqual(['0.0']);
});

test.each(['length', 'budget'] as const)(
  'an end right after a step that was cut (%s) ends that step: it is no dead end',
  (finish) => {
    const cut = candidate('0.0', 'the answer is 7', { finish });
    const end = candidate('0.0.0', 'the answer is 7', { written: '' });
    const { value } = drive(beamSearch.run(task, { ...options, min_completed: 1 }), [
      sampled(cut),
      scores(0.5),
      sampled(end),
      scores(0.5),
    ]);
    expect(ids(value.pool)).toEqual(['0.0.0']);
  },
);

test('a stop string that began in the step before takes it back: that is an end, no dead end', () => {
  const end = candidate('0.0.0', 'the answer is 7', { written: '' }); // of the stop string "\n\n"
  const { value } = drive(beamSearch.run(task, { ...options, min_completed: 1 }), [
    sampled(step('0.0', 'the answer is 7\n')),
    scores(0.5),
    sampled(end),
    scores(0.5),
  ]);
  expect(ids(value.pool)).toEqual(['0.0.0']);
});

test('a failed candidate leaves the search; the others go on', () => {
  const failed = candidate('0.0', 'text', { finish: 'error', reason: 'missing' });
  const { asked } = drive(beamSearch.run(task, options), [sampled(failed, step('0.1')), scores(0.5), sampled(), sampled()]);
  expect(asked[1]).toMatchObject({ candidates: [{ id: '0.1' }] });
});

test('a step that was cut by the budget goes on as an open prefix', () => {
  const cut = candidate('0.0', 'half a st', { finish: 'budget', written: 'half a st' });
  const { asked } = drive(beamSearch.run(task, options), [sampled(cut), scores(0.5), sampled(), sampled()]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0', text: 'half a st' }], until: 'step' });
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.0' }], until: 'end', finishing: true });
});

test('a prefix that has all its tokens is not grown; it is kept beside the open ones where nothing ended', () => {
  const full = step('0.0', 'full\n', { finish: 'length', tokenCount: 100 });
  const { asked, value } = drive(beamSearch.run(task, options), [
    sampled(full, step('0.1')),
    scores(0.9, 0.5),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }] });
  expect(ids(value.pool)).toEqual(['0.0', '0.1']);
});

test('an answer that has all its tokens stays in the pool beside one that ended: it was told, and it counts', () => {
  const full = step('0.0', 'full\n', { finish: 'length', tokenCount: 100 });
  const { value } = drive(beamSearch.run(task, { ...options, min_completed: 1 }), [
    sampled(full, ended('0.1')),
    scores(0.9, 0.1),
  ]);
  expect(ids(value.pool)).toEqual(['0.1', '0.0']);
});

test('where nothing ended the best open prefix is written to its end, greedily, out of the finishing reserve', () => {
  const { asked, value } = drive(beamSearch.run(task, { ...options, max_steps: 1 }), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.1, 0.3, 0.2),
    sampled(ended('0.1.4')),
    scores(0.4),
  ]);
  expect(asked[2]).toMatchObject({
    prefixes: [{ id: '0.1' }],
    count: 1,
    firstChild: 0, // it has no child yet
    until: 'end',
    finishing: true,
    sampling: { temperature: 0 },
  });
  expect(ids(value.pool)).toEqual(['0.1.4', '0.1', '0.2']);
});

test.each([
  { name: 'every step failed', first: [candidate('0.0', '', { finish: 'error' })] },
  { name: 'every step was a dead end', first: [candidate('0.0', ' \n', { finish: 'step', written: ' \n' })] },
  { name: 'the first round is empty', first: [] },
])('where $name the prompt itself is completed', ({ first }) => {
  const { asked, value } = drive(beamSearch.run(task, options), [sampled(...first), sampled(ended('0.4')), scores(0.5)]);
  expect(asked[1]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 4, until: 'end', finishing: true });
  expect(ids(value.pool)).toEqual(['0.4']);
});

test('after a round in which every beam died, the beams before it are completed', () => {
  const { asked, value } = drive(beamSearch.run(task, options), [
    sampled(step('0.0'), step('0.1')),
    scores(0.5, 0.6),
    sampled(candidate('0.1.0', '0.1\n', { finish: 'step', written: '' }), candidate('0.0.0', '', { finish: 'error' })),
    sampled(), // the reserve is spent too
  ]);
  // no path, and no random stream, comes twice
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.1' }], firstChild: 2, finishing: true });
  expect(ids(value.pool)).toEqual(['0.1', '0.0']);
});

test('after `max_steps` rounds the search ends with what it has', () => {
  const { asked } = drive(beamSearch.run(task, { ...options, max_steps: 2 }), [
    sampled(step('0.0')),
    scores(0.5),
    sampled(step('0.0.0', '0.0\nmore\n')),
    scores(0.5),
    sampled(ended('0.0.0.4')),
    scores(0.5),
  ]);
  expect(asked.map(({ kind }) => kind)).toEqual(['sample', 'score', 'sample', 'score', 'sample', 'score']);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0.0' }], until: 'end' });
});

test('one beam with one branch is plain sampling, step by step', () => {
  const { asked } = drive(beamSearch.run(task, { ...options, keep: 1, branch: 1 }), [
    sampled(step('0.0')),
    scores('failed'),
    sampled(ended('0.0.0')),
    scores('failed'),
  ]);
  expect(asked.map((operation) => (operation.kind === 'sample' ? operation.count : 0))).toEqual([1, 0, 1, 0]);
});

test.each([
  { budget: 1, width: { branch: 1, keep: 1 } },
  { budget: 3, width: { branch: 3, keep: 1 } },
  { budget: 7, width: { branch: 4, keep: 1 } },
  { budget: 16, width: { branch: 4, keep: 4 } },
  { budget: 256, width: { branch: 4, keep: 64 } },
])('the integer budget $budget is the width $width (api.md 4)', ({ budget, width }) => {
  expect(beamSearch.width(budget)).toEqual(width);
});

test('the bound has room for a dead end and the completion of the prompt after it', () => {
  const bound = beamSearch.bound({ keep: 1, branch: 1, max_steps: 1 }, 100, 1);
  expect(bound).toEqual({ candidates: 2, tokens: 200, scoreCalls: 3 });
});
