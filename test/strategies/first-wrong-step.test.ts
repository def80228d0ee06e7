import { expect, test } from 'vitest';
import type { Score } from '../../src/operation.ts';
import { firstWrongStep } from '../../src/strategies/first-wrong-step.ts';
import { candidate, drive, sampled, scores, stepScores, task } from '../drive.ts';

const rounds = (max_rounds: number, more: object = {}) => firstWrongStep.options.parse({ max_rounds, ...more });
const ids = (candidates: readonly { readonly id: string }[]) => candidates.map(({ id }) => id);
const three = 'one\ntwo\nthree';

test('the best version is cut at its first step below `wrong_below`, and the rest is written again (methods C.12)', () => {
  const { asked, value } = drive(firstWrongStep.run(task, rounds(4)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.9, 0.4, 0.1)),
    scores(1),
    sampled(candidate('0.0@1.0', 'one\nbetter')),
    scores(stepScores(0.9, 0.8)),
    scores(2),
  ]);
  expect(asked[0]).toMatchObject({ prefixes: [{ id: '0' }], count: 1, firstChild: 0, until: 'end', finishing: false });
  expect(asked[1]).toMatchObject({ kind: 'score', reward: 'process' });
  expect(asked[2]).toMatchObject({ kind: 'score', reward: 'outcome' });
  expect(asked[3]).toMatchObject({
    prefixes: [{ id: '0.0@1', text: 'one\n', steps: ['one\n'], tokenCount: 4, tokens: [111, 110, 101, 10], stepEnds: [4] }],
    firstChild: 0,
  });
  expect(ids(value.pool)).toEqual(['0.0', '0.0@1.0']);
  expect(value.stop).toBe('converged');
});

test('a step exactly at `wrong_below` is not wrong', () => {
  const { value } = drive(firstWrongStep.run(task, rounds(4)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.9, 0.5, 0.5)),
    scores(1),
  ]);
  expect(value.stop).toBe('converged');
});

test('a step without a score is no wrong one: the next wrong one is', () => {
  const { asked } = drive(firstWrongStep.run(task, rounds(1)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(null, 0.4, 0.9)),
    scores(1),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.0@1' }] });
});

test('a wrong first step cuts at the prompt itself, whose next child is new', () => {
  const { asked } = drive(firstWrongStep.run(task, rounds(1)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.1, 0.9, 0.9)),
    scores(1),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0', text: '', tokenCount: 0 }], firstChild: 1 });
});

test('child numbers of one prefix never repeat: no path, and no random stream, is drawn twice', () => {
  const wrong: Score = stepScores(0.9, 0.1, 0.1);
  const again = (id: string) => [sampled(candidate(id, 'one\nworse')), scores(stepScores(0.9, 0.1)), scores(0)];
  const { asked } = drive(firstWrongStep.run(task, rounds(3)), [
    sampled(candidate('0.0', three)),
    scores(wrong),
    scores(1),
    ...again('0.0@1.0'),
    ...again('0.0@1.1'),
    ...again('0.0@1.2'),
  ]);
  const samples = asked.filter((operation) => operation.kind === 'sample');
  expect(samples.map(({ prefixes, firstChild }) => `${prefixes[0]!.id}.${firstChild}`)).toEqual([
    '0.0',
    '0.0@1.0',
    '0.0@1.1',
    '0.0@1.2',
  ]);
});

test.each([
  { name: 'a higher reward goes on', reward: 2, from: '0.0@1.0@1' },
  { name: 'an equal one keeps the earlier version (methods E.12)', reward: 1, from: '0.0@1' },
  { name: 'a lower one keeps the earlier version', reward: 0, from: '0.0@1' },
  { name: 'a failed one is below every other', reward: 'not_finite', from: '0.0@1' },
])('keep-best: $name', ({ reward, from }) => {
  const { asked } = drive(firstWrongStep.run(task, rounds(2)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.9, 0.1, 0.1)),
    scores(1),
    sampled(candidate('0.0@1.0', 'one\nother\nthing')),
    scores(stepScores(0.9, 0.2, 0.1)),
    scores(reward),
    sampled(),
  ]);
  expect(asked[6]).toMatchObject({ prefixes: [{ id: from }] });
});

test('keep-best: a version that finished comes before one that was cut, whatever their rewards', () => {
  const { asked } = drive(firstWrongStep.run(task, rounds(2)), [
    sampled(candidate('0.0', three, { finish: 'length' })),
    scores(stepScores(0.9, 0.1, 0.1)),
    scores(9),
    sampled(candidate('0.0@1.0', 'one\nother')),
    scores(stepScores(0.9, 0.2)),
    scores(-9),
    sampled(),
  ]);
  expect(asked[6]).toMatchObject({ prefixes: [{ id: '0.0@1.0@1' }] });
});

test.each([
  { name: 'a failed step score', score: { ok: false, reason: 'too_long' } as Score },
  { name: 'a score without steps', score: { ok: true, value: 0.2 } as Score },
  { name: 'a score with a step too few', score: stepScores(0.9, 0.9) },
  { name: 'a step without a score, among right ones,', score: stepScores(0.9, null, 0.9) },
])('$name is unknown, not right: the run ends, and does not say that it converged (methods C.12)', ({ score }) => {
  const { value } = drive(firstWrongStep.run(task, rounds(4)), [sampled(candidate('0.0', three)), scores(score), scores(1)]);
  expect(value.stop).toBeUndefined();
  expect(ids(value.pool)).toEqual(['0.0']);
});

test('a version that was cut has no wrong step to show, and has not converged either', () => {
  const cut = candidate('0.0', 'one\ntw', { finish: 'budget' });
  const { value } = drive(firstWrongStep.run(task, rounds(4)), [sampled(cut), scores(stepScores(0.9, 0.9)), scores(1)]);
  expect(value.stop).toBeUndefined();
  expect(ids(value.pool)).toEqual(['0.0']);
});

test('a version that failed ends its round, not the run (methods E.0)', () => {
  const failed = candidate('0.0@1.0', '', { finish: 'error', reason: 'missing' });
  const { asked, value } = drive(firstWrongStep.run(task, rounds(2)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.9, 0.1, 0.1)),
    scores(1),
    sampled(failed),
    sampled(candidate('0.0@1.1', 'one\nbetter')),
    scores(stepScores(0.9, 0.9)),
    scores(2),
  ]);
  expect(asked[4]).toMatchObject({ prefixes: [{ id: '0.0@1' }], firstChild: 1 });
  expect(ids(value.pool)).toEqual(['0.0', '0.0@1.1']);
});

test('a first version that failed is drawn again under the next number', () => {
  const { asked, value } = drive(firstWrongStep.run(task, rounds(1)), [
    sampled(candidate('0.0', '', { finish: 'error' })),
    sampled(candidate('0.1', 'fine')),
    scores(stepScores(0.9)),
    scores(1),
  ]);
  expect(asked[1]).toMatchObject({ prefixes: [{ id: '0' }], firstChild: 1 });
  expect(ids(value.pool)).toEqual(['0.1']);
});

test('the worked example of methods E.0: original 3.1, rounds 2.8, 3.6, 3.5; all versions are there to choose from', () => {
  const round = (id: string, reward: number) => [
    sampled(candidate(id, three)),
    scores(stepScores(0.9, 0.1, 0.1)),
    scores(reward),
  ];
  const { value } = drive(firstWrongStep.run(task, rounds(3)), [
    ...round('0.0', 3.1),
    ...round('0.0@1.0', 2.8),
    ...round('0.0@1.1', 3.6),
    ...round('0.0@1.1@1.0', 3.5),
  ]);
  const values = value.pool.map(({ scores: { outcome } }) => (outcome?.ok ? outcome.value : null));
  expect(values).toEqual([3.1, 2.8, 3.6, 3.5]);
});

test('where no outcome reward is in play the step reward decides, and is asked once a version', () => {
  const { asked } = drive(firstWrongStep.run({ ...task, rewards: [] }, rounds(0)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.9, 0.1, 0.1)),
  ]);
  expect(asked.map(({ kind }) => kind)).toEqual(['sample', 'score']);
});

test('no round at all is one plain sample', () => {
  const { asked } = drive(firstWrongStep.run(task, rounds(0)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.1, 0.1, 0.1)),
    scores(1),
  ]);
  expect(asked.filter(({ kind }) => kind === 'sample')).toHaveLength(1);
});

test('a reward may be named like a member of every object', () => {
  const odd = { ...task, rewards: ['constructor'] };
  const { asked } = drive(firstWrongStep.run(odd, rounds(0)), [
    sampled(candidate('0.0', three)),
    scores(stepScores(0.1, 0.1, 0.1)),
    scores(1),
  ]);
  expect(asked[2]).toMatchObject({ kind: 'score', reward: 'constructor' });
});
