import { expect, test } from 'vitest';
import type { Candidate, Result } from '../../src/operation.ts';
import { rebase } from '../../src/strategies/rebase.ts';
import { candidate, drive, sampled, scores, task } from '../drive.ts';

const options = rebase.options.parse({});
const step = (id: string, text = `${id}\n`, more: Partial<Candidate> = {}) =>
  candidate(id, text, { finish: 'step', written: text, ...more });
const ended = (id: string) => candidate(id, `${id} end`, { written: 'end' });

/** What the second round asks for, after a first one with these values. */
function secondRound(values: readonly (number | string)[], width: number) {
  const first = values.map((_, place) => step(`0.${place}`));
  const { asked } = drive(rebase.run(task, { ...options, width }), [sampled(...first), scores(...values), sampled(), sampled()]);
  const second = asked[2];
  if (second?.kind !== 'sample') throw new Error('The second round samples.');
  const counts = second.prefixes.map((_, place) => (typeof second.count === 'number' ? second.count : second.count[place]!));
  return new Map(second.prefixes.map(({ id }, place) => [id, counts[place]!]));
}

test.each([
  { values: [0.9, 0.6, 0.3], width: 8, parts: [6, 2, 0] },
  { values: [0.8, 0.7, 0.7, 0.1], width: 16, parts: [7, 5, 4, 0] },
  { values: [0.5, 0.5, 0.5, 0.5, 0.5], width: 8, parts: [2, 2, 2, 1, 1] },
  { values: [0.9, 0.85, 0.8, 0.75], width: 4, parts: [1, 1, 1, 1] },
])('values $values share a width of $width as $parts, T = 0.2 (methods C.3)', ({ values, width, parts }) => {
  const given = secondRound(values, width);
  expect(values.map((_, place) => given.get(`0.${place}`) ?? 0)).toEqual(parts);
});

test('parts add up where subtracted weights would overspend (methods C.3, pitfalls)', () => {
  const given = secondRound([0.7374204164243798, 0.3548842825654621, 0.9695623171681497], 46);
  expect([...given.values()].reduce((sum, part) => sum + part, 0)).toBe(46);
});

test('a prefix whose score failed has no part; where all failed the parts are equal (methods 0.2)', () => {
  expect(secondRound([0.2, 'not_finite', 0.2], 4)).toEqual(
    new Map([
      ['0.0', 2],
      ['0.2', 2],
    ]),
  );
  expect([...secondRound(['a', 'b'], 4).values()]).toEqual([2, 2]);
});

test('what ended and what was a dead end take their places in the width with them (methods C.3, C.15)', () => {
  const dead = step('0.2', '\n', { written: '\n' });
  const { asked, value } = drive(rebase.run(task, { ...options, width: 4 }), [
    sampled(ended('0.0'), step('0.1'), dead, candidate('0.3', '', { finish: 'error' })),
    scores(0.9, 0.5),
    sampled(ended('0.1.0')),
    scores(0.5),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }], count: 1 });
  expect(value.pool.map(({ id }) => id)).toEqual(['0.0', '0.1.0']);
});

test('prefixes of equal text are one prefix', () => {
  const { asked } = drive(rebase.run(task, { ...options, width: 3 }), [
    sampled(step('0.0', 'same\n'), step('0.1', 'same\n'), step('0.2')),
    scores(0.5, 0.5, 0.5),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.2' }], count: [2, 1] });
});

test('where nothing ended the best open prefix is written to its end', () => {
  const { asked } = drive(rebase.run(task, { ...options, width: 2, max_steps: 1 }), [
    sampled(step('0.0'), step('0.1')),
    scores(0.1, 0.2),
    sampled(ended('0.1.0')),
    scores(0.4),
  ]);
  expect(asked[2]).toMatchObject({ prefixes: [{ id: '0.1' }], until: 'end', finishing: true });
});

const vectors = (...given: readonly (readonly number[] | null)[]): Result => ({
  kind: 'read',
  result: {
    ok: true,
    response: {
      vectors: given.map((vector) => (vector ? { ok: true, vector: [...vector], tokens: 1 } : { ok: false, reason: 'too_long' })),
      fingerprint: 'f',
      usage: { texts: given.length, tokens: given.length },
    },
  },
});
/** Cosines of .99 between the first two, and of .5 between each and the third. */
const nearlyCopies = [
  [1, 0, 0],
  [0.99, Math.sqrt(1 - 0.99 ** 2), 0],
  [0.5, 0.005 / Math.sqrt(1 - 0.99 ** 2), Math.sqrt(0.75 - 0.005 ** 2 / (1 - 0.99 ** 2))],
];
const dora = (more: object = {}) => rebase.options.parse({ diversity: 'dora', embedder: 'alike', ...more });

test('dora: values .8, .8, .7 share 8 as 3, 3, 2, where the softmax alone would say 4, 3, 1 (methods C.3)', () => {
  const first = [0, 1, 2].map((place) => step(`0.${place}`));
  const { asked, value } = drive(rebase.run(task, dora({ width: 8 })), [
    sampled(...first),
    scores(0.8, 0.8, 0.7),
    vectors(...nearlyCopies),
    sampled(),
    sampled(),
  ]);
  const texts = first.map(({ text }) => text);
  expect(asked[2]).toMatchObject({ kind: 'read', reading: 'embed', reward: 'alike', request: { model: 'embedder', texts } });
  expect(asked[3]).toMatchObject({ prefixes: [{ id: '0.0' }, { id: '0.1' }, { id: '0.2' }], count: [3, 3, 2] });
  expect(value.warnings).toEqual([]);
  const plain = drive(rebase.run(task, { ...options, width: 8, rebase_temperature: 0.1 }), [
    sampled(...first),
    scores(0.8, 0.8, 0.7),
    sampled(),
    sampled(),
  ]);
  expect(plain.asked[2]).toMatchObject({ count: [4, 3, 1] });
});

test('dora: those whose part is 0 before are not embedded, nor a lone one (methods C.3, C.15)', () => {
  const { asked } = drive(rebase.run(task, dora({ width: 4 })), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.9, 0.1, 0.88),
    vectors([1, 0], [0, 1]),
    sampled(step('0.0.0')),
    scores(0.9),
    sampled(),
    sampled(),
  ]);
  expect(asked[2]).toMatchObject({ kind: 'read', request: { texts: ['0.0\n', '0.2\n'] } });
  expect(asked[5]).toMatchObject({ kind: 'sample', prefixes: [{ id: '0.0.0' }] });
});

test('dora: a prefix that cannot be embedded counts as unlike all others, and the answer says so', () => {
  const { asked, value } = drive(rebase.run(task, dora({ width: 6 })), [
    sampled(step('0.0'), step('0.1'), step('0.2')),
    scores(0.5, 0.5, 0.5),
    vectors([1, 0], [1, 0], null),
    sampled(),
    sampled(),
  ]);
  expect(asked[3]).toMatchObject({ count: [2, 1, 3] }); // 1/2, 1/2 and 1 of 6 are 1.5, 1.5 and 3
  expect(value.warnings).toEqual(['Prefixes that could not be embedded, and counted as unlike all others: 1.']);
});

test('an embedder that would compare nothing is no option', () => {
  const { error } = rebase.options.safeParse({ embedder: 'alike' });
  expect(error?.issues).toMatchObject([{ path: ['embedder'], message: expect.stringContaining('diversity dora') }]);
  expect(rebase.options.safeParse({ diversity: 'dora', embedder: 'alike' }).success).toBe(true);
});
