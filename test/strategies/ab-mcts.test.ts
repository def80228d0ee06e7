import { expect, test } from 'vitest';
import type { Candidate } from '../../src/operation.ts';
import { eachAt } from '../../src/operation.ts';
import { mulberry32 } from '../../src/random.ts';
import { abMcts } from '../../src/strategies/ab-mcts.ts';
import { candidate, drive, sampled, scores, stepScores, task } from '../drive.ts';

const options = abMcts.options.parse({});
const answer = (id: string, more: Partial<Candidate> = {}) => candidate(id, `${id}\nsecond\nthird`, more);

test('the first round writes answers from the prompt: one sample, one score (methods C.8)', () => {
  const { asked, notes, value } = drive(abMcts.run(task, { ...options, iterations: 4 }), [
    sampled(answer('0.0'), answer('0.1'), answer('0.2'), answer('0.3')),
    scores(0.5, 0.7, 'failed', 0.9),
  ]);
  expect(asked).toMatchObject([
    { kind: 'sample', prefixes: [{ id: '0' }], count: 4, firstChild: 0, until: 'end', finishing: false },
    { kind: 'score', reward: 'process' },
  ]);
  expect(notes).toEqual([
    { type: 'value', id: '0.0', visits: 1, value: 0.5 },
    { type: 'value', id: '0', visits: 3, value: expect.closeTo(0.7, 12) }, // the failed one is unknown, not 0
    { type: 'value', id: '0.1', visits: 1, value: 0.7 },
    { type: 'value', id: '0.3', visits: 1, value: 0.9 },
    { type: 'round', round: 0, kept: ['0'] },
  ]);
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1', '0.2', '0.3']); // and still it competes
});

/** What the second answer is written from, when the first one has these step scores: under many seeds. */
function writtenFrom(first: ReturnType<typeof stepScores>): string[] {
  return Array.from({ length: 60 }, (_, seed) => {
    const { asked } = drive(abMcts.run({ ...task, seed }, { ...options, iterations: 2, parallel: 1 }), [
      sampled(answer('0.0')),
      scores(first),
      sampled(),
    ]);
    const last = asked.at(-1);
    return last?.kind === 'sample' ? last.prefixes.map(({ id }) => id).join() : '';
  });
}

test('the second answer is written anew, or from what stands before the first wrong step of the first one', () => {
  expect(new Set(writtenFrom(stepScores(0.9, 0.8, 0.2)))).toEqual(new Set(['0', '0.0@2']));
  expect(new Set(writtenFrom(stepScores(0.9, 0.1, 0.8)))).toEqual(new Set(['0', '0.0@1']));
});

test('the better a new answer was, the less often an old one is rewritten (methods C.8)', () => {
  const rewritten = (value: number) => writtenFrom(stepScores(0.9, 0.1, value)).filter((id) => id === '0.0@1').length;
  expect(rewritten(0)).toBeGreaterThan(rewritten(1) + 5); // of 60
});

test.each([
  { name: 'none of its steps is wrong', first: stepScores(0.9, 0.8, 0.7) },
  { name: 'its first step is wrong: nothing can be kept', first: stepScores(0.1, 0.8, 0.7) },
  { name: 'its steps have no scores', first: { ok: true, value: 0.3 } as const },
])('an answer is not written from where $name', ({ first }) => {
  expect(new Set(writtenFrom(first))).toEqual(new Set(['0']));
});

test.each([
  { name: 'an answer of that value', accept: 0.9, more: {}, ends: true },
  { name: 'a better one only', accept: 0.91, more: {}, ends: false },
  { name: 'one that the budget has cut', accept: 0.9, more: { finish: 'budget' as const }, ends: false },
  { name: 'nothing', accept: undefined, more: {}, ends: false },
])('`accept` $accept: $name ends the search after its round: $ends (methods D.3)', ({ accept, more, ends }) => {
  const { asked, value } = drive(abMcts.run(task, { ...options, parallel: 2, accept }), [
    sampled(answer('0.0'), answer('0.1', more)),
    scores(0.4, 0.9),
    ...(ends ? [] : [sampled()]),
  ]);
  expect(asked.length).toBe(ends ? 2 : 3);
  expect(value.stop).toBe(ends ? 'threshold' : undefined);
  expect(value.pool[0]?.id).toBe('0.0'); // below it, and still it competes
});

test('an answer that is written again is seen again at the node that it is, and stays in the pool: it is a vote', () => {
  const same = { text: 'same' };
  const { notes, value } = drive(abMcts.run(task, { ...options, iterations: 2, parallel: 2 }), [
    sampled(answer('0.0', same), answer('0.1', same)),
    scores(0.5, 0.5),
  ]);
  expect(notes).toContainEqual({ type: 'value', id: '0.0', visits: 2, value: 0.5 });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1']);
});

test('a round in which every answer failed is not the end; an empty one is', () => {
  const failed = answer('0.0', { finish: 'error', reason: 'missing' });
  const { asked } = drive(abMcts.run(task, { ...options, parallel: 1 }), [sampled(failed), sampled(), sampled()]);
  expect(asked).toMatchObject([{ finishing: false }, { finishing: false, firstChild: 1 }, { finishing: true, firstChild: 2 }]);
});

test('answers that the budget cut are kept, and the best one is written to its end where none ended', () => {
  const cut = answer('0.0', { finish: 'budget' });
  const { asked, value } = drive(abMcts.run(task, { ...options, parallel: 1 }), [
    sampled(cut),
    scores(0.5),
    sampled(),
    sampled(answer('0.0.0')),
    scores(0.6),
  ]);
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.0' }], until: 'end', finishing: true });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0.0', '0.0']);
});

test('a parent that is drawn twice has twice as many, and no more answers are written than iterations', () => {
  const { asked } = play(3, { iterations: 30, parallel: 8 });
  expect(asked.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0))).toEqual([8, 8, 8, 6]);
  for (const { parents } of asked) expect(new Set(parents).size).toBe(parents.length);
  expect(asked.some(({ counts }) => counts.length > 1 && Math.max(...counts) > 1)).toBe(true);
});

test.each(['gaussian', 'beta'] as const)('the same seed draws the same parents, another seed others (%s)', (prior) => {
  expect(play(1, { prior })).toEqual(play(1, { prior }));
  expect(play(1, { prior })).not.toEqual(play(2, { prior }));
});

/** Runs a search in which every answer has three steps, of random scores. */
function play(seed: number, more: object) {
  const dice = mulberry32(9);
  const search = abMcts.run({ ...task, seed }, { ...options, iterations: 40, ...more });
  const asked: { parents: readonly string[]; counts: readonly number[] }[] = [];
  let turn = search.next();
  while (!turn.done) {
    const operation = turn.value;
    if (operation.kind === 'sample') {
      const { prefixes, count, firstChild } = operation;
      asked.push({ parents: prefixes.map(({ id }) => id), counts: prefixes.map((_, place) => eachAt(count, place)) });
      const children = prefixes.flatMap(({ id }, place) =>
        Array.from({ length: eachAt(count, place) }, (_, child) => answer(`${id}.${eachAt(firstChild, place) + child}`)),
      );
      turn = search.next(sampled(...children));
    } else if (operation.kind === 'score')
      turn = search.next(scores(...operation.candidates.map(() => stepScores(dice(), dice(), dice()))));
    else turn = search.next({ kind: 'note' });
  }
  return { asked };
}

test('an integer budget is of four answers each: a typical one has a quarter of its most tokens', () => {
  expect([1, 16, 256].map((budget) => abMcts.width(budget))).toEqual([
    { iterations: 4 },
    { iterations: 64 },
    { iterations: 1024 },
  ]);
});
