import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate, Prefix, Result } from '../../src/operation.ts';
import { eachAt } from '../../src/operation.ts';
import { mulberry32 } from '../../src/random.ts';
import { backtrack } from '../../src/strategies/backtrack.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';
import { resultOf } from '../laws/random-world.ts';

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

const rules = fc.record({
  paths: fc.integer({ min: 1, max: 4 }),
  retries: fc.integer({ min: 0, max: 3 }),
  max_waste: fc.constantFrom(0, 0.2, 0.5, 1),
  maxTokens: fc.integer({ min: 1, max: 12 }),
});
/** How often, of 1: a draw has one token, or all that it may; it ends; it is found wrong; it is lost, one in three without a token. */
const natures = fc.record({
  short: fc.constantFrom(0.2, 0.9, 1),
  ends: fc.constantFrom(0, 0.2, 0.8),
  wrong: fc.constantFrom(0.3, 0.6, 0.9),
  lost: fc.constantFrom(0, 0.2),
  seed: fc.integer(),
});

test('no size of steps, no ends and no scores make it spend more than its bound', () => {
  fc.assert(
    fc.property(rules, natures, ({ maxTokens, ...given }, nature) => {
      const chosen = backtrack.options.parse(given);
      const { candidates, tokens, scoreCalls } = backtrack.bound(chosen, maxTokens, 0);
      const spent = spentBy(backtrack.run({ ...task, sampling: { ...task.sampling, max_tokens: maxTokens } }, chosen), nature);
      expect(spent.tokens).toBeLessThanOrEqual(tokens);
      expect(spent.candidates).toBeLessThanOrEqual(candidates);
      expect(spent.scoreCalls).toBeLessThanOrEqual(scoreCalls);
    }),
    { numRuns: 2000 },
  );
});

/** A world as bad as it can be: what a run spends in it. */
function spentBy(
  running: ReturnType<typeof backtrack.run>,
  nature: { short: number; ends: number; wrong: number; lost: number; seed: number },
) {
  const next = mulberry32(nature.seed);
  const spent = { tokens: 0, candidates: 0, scoreCalls: 0 };
  const draw = (id: string, before: Prefix, most: number, whole: boolean) => {
    const lost = next() < nature.lost;
    const tokens = lost && next() < 1 / 3 ? 0 : next() < nature.short ? 1 : 1 + Math.floor(next() * most);
    const ends = next() < nature.ends;
    spent.tokens += tokens;
    if (!lost && (ends || whole || tokens === most)) spent.candidates += 1;
    return candidate(id, `${before.text}${id}\n`, {
      written: `${id}\n`,
      tokenCount: before.tokenCount + tokens,
      finish: lost ? 'error' : ends ? 'stop' : 'step',
    });
  };
  let turn = running.next();
  while (!turn.done) {
    const result = resultOf(turn.value, (operation): Result => {
      if (operation.kind === 'score') {
        spent.scoreCalls += 1;
        return scores(...operation.candidates.map(() => (next() < nature.wrong ? 0.1 : 0.9)));
      }
      const drawn = operation.prefixes.flatMap((prefix, at) => {
        const left = operation.sampling.max_tokens - prefix.tokenCount;
        const children = Array.from(
          { length: left < 1 ? 0 : eachAt(operation.count, at) },
          (_, child) => eachAt(operation.firstChild, at) + child,
        );
        return children.map((child) => draw(`${prefix.id}.${child}`, prefix, left, operation.until === 'end'));
      });
      return sampled(...drawn);
    });
    turn = running.next(result);
  }
  return spent;
}
