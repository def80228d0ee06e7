/** What is true of every reward that is made of others. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Score } from '../../src/operation.ts';
import { about, composed, rows, told } from './composed.ts';

type Cell = number | string;

/** One entry of each kind and rule, over the members a and b of 0 to 1. */
const entries = [
  ...['mean', 'min', 'median', 'lcb', 'uwo'].map((rule) => ({ kind: 'ensemble', members: ['a', 'b'], rule })),
  {
    kind: 'ensemble',
    members: [
      { reward: 'a', calibration: 'zscore' },
      { reward: 'b', calibration: 'robust' },
    ],
  },
  ...['sum', 'lexicographic', 'chebyshev', 'pareto', 'rank_sum'].map((rule) => ({
    kind: 'weighted',
    members: [
      { reward: 'a', weight: 2, tolerance: 0.1 },
      { reward: 'b', weight: 0.5 },
    ],
    rule,
  })),
  { kind: 'weighted', members: ['a', 'b'], na_policy: 'per_candidate' },
  { kind: 'gated', reward: 'a', gates: [{ reward: 'b', at_least: 0.3 }] },
  { kind: 'gated', reward: 'a', gates: ['b'], gate_fail: 'score', gate_fail_score: -1 },
  { kind: 'hybrid', rule: 'b', reward: 'a', confidence: 0.5 },
  { kind: 'hybrid', rule: 'b', reward: 'a', confidence: 0.95, asymmetric: true },
  { kind: 'penalized', reward: 'a', length: { form: 'overlong', unit: 'characters', most: 3, buffer: 2 } },
  ...['par', 'lsc', 'centred'].map((by) => ({ kind: 'shaped', reward: 'a', shaping: { by, references: ['reference'] } })),
  { kind: 'shaped', reward: 'a', shaping: { by: 'map', calibration: 'minmax' } },
  { kind: 'segments', reward: 'a' },
  { kind: 'segments', reward: 'a', verdict: { at_least: 0.5 }, reduction: 'sum' },
  { kind: 'trusted', outcome: 'b', judge: 'a' },
  ...['pointwise', 'pairwise'].map((form) => ({ kind: 'evidence', members: [{ reward: 'b', strength: 'hard' }, 'a'], form })),
].map((entry) => ({ name: JSON.stringify(entry), entry }));

const number = fc.integer({ min: 0, max: 32 }).map((k) => k / 32);
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 8, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom('failed', 'not_applicable', Number.NaN, Number.POSITIVE_INFINITY) },
);
const pair = fc.tuple(cell, cell);
const table = fc.array(pair, { minLength: 1, maxLength: 12 });

/** Candidates are texts `c0`, `c1`, ...; a text that is no candidate is a reference, of 0.5. */
function scoresOf(
  entry: object,
  candidates: readonly (readonly [Cell, Cell])[],
  names = candidates.map((_, place) => `c${place}`),
) {
  const column = (m: 0 | 1) => {
    const by = Object.fromEntries(names.map((name, place) => [name, candidates[place]![m]]));
    return { by: (text: string) => by[text] ?? 0.5 };
  };
  return composed({ entry, members: { a: column(0), b: column(1) }, candidates: names }).scores;
}

const best = (scores: readonly Score[]) => {
  const values = scores.map((score) => (score.ok ? score.value : Number.NEGATIVE_INFINITY));
  const most = Math.max(...values);
  return new Set(values.flatMap((value, place) => (value >= most - 1e-9 ? [place] : [])));
};
const runs = { numRuns: 60 };

describe.each(entries)('$name', ({ entry }) => {
  test('a score is a finite number within the range that is told, or a failure with a reason', () => {
    const { range } = about({ entry, ...rows({ a: [0], b: [0] }) }).scale;
    fc.assert(
      fc.property(table, (candidates) => {
        const scores = scoresOf(entry, candidates);
        expect(scores).toHaveLength(candidates.length);
        for (const score of scores) {
          if (!score.ok) expect(score.reason).toMatch(/^[a-z_]+$/);
          else {
            expect(Number.isFinite(score.value)).toBe(true);
            expect(score.value).toBeGreaterThanOrEqual((range[0] ?? Number.NEGATIVE_INFINITY) - 1e-9);
            expect(score.value).toBeLessThanOrEqual((range[1] ?? Number.POSITIVE_INFINITY) + 1e-9);
          }
          expect(() => JSON.stringify(score.detail)).not.toThrow();
        }
      }),
      runs,
    );
  });

  test('the order of the candidates changes no score (methods M.1)', () => {
    const shuffled = table.chain((candidates) =>
      fc.tuple(fc.constant(candidates), fc.shuffledSubarray([...candidates.keys()], { minLength: candidates.length })),
    );
    fc.assert(
      fc.property(shuffled, ([candidates, order]) => {
        const names = order.map((place) => `c${place}`);
        const moved = scoresOf(
          entry,
          order.map((place) => candidates[place]!),
          names,
        );
        const scores = scoresOf(entry, candidates);
        for (const [place, from] of order.entries()) expectSame(moved[place]!, scores[from]!);
      }),
      runs,
    );
  });

  test('candidates that fail, put in anywhere, change no winner (methods M.3)', () => {
    const failed: readonly [Cell, Cell] = ['failed', 'failed'];
    fc.assert(
      fc.property(table, fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), (candidates, places) => {
        type Marked = { readonly candidate: readonly [Cell, Cell]; readonly origin: number };
        const marked = candidates.map((candidate, origin): Marked => ({ candidate, origin }));
        for (const place of places) marked.splice(place, 0, { candidate: failed, origin: -1 });
        const before = scoresOf(entry, candidates);
        if (!before.some(({ ok }) => ok)) return;
        const after = scoresOf(
          entry,
          marked.map(({ candidate }) => candidate),
          marked.map(({ origin }, place) => (origin < 0 ? `f${place}` : `c${origin}`)),
        );
        expect(new Set([...best(after)].map((place) => marked[place]!.origin))).toEqual(best(before));
      }),
      runs,
    );
  });

  test('everyone twice: the same ones win (methods M.5)', () => {
    fc.assert(
      fc.property(table, (candidates) => {
        const names = candidates.map((_, place) => `c${place}`);
        const twice = scoresOf(entry, [...candidates, ...candidates], [...names, ...names]);
        const once = scoresOf(entry, candidates);
        if (!once.some(({ ok }) => ok)) return;
        expect(new Set([...best(twice)].map((place) => place % candidates.length))).toEqual(best(once));
      }),
      runs,
    );
  });
});

function expectSame(one: Score, other: Score): void {
  if (one.ok && other.ok) expect(one.value).toBeCloseTo(other.value, 9);
  else expect(told(one)).toBe(told(other));
}

describe('monotone shaping is invisible to best-of-N (methods 0.6, M.2)', () => {
  const raw = fc.uniqueArray(
    fc.integer({ min: -1920, max: 1920 }).map((k) => k / 64),
    { minLength: 1, maxLength: 24 },
  );
  const maps = [
    ...['zscore', 'robust', 'rank', 'minmax', 'sigmoid'],
    { map: 'zscore_ref', mean: 3, deviation: 0.5 },
    { map: 'platt', slope: 0.7, intercept: -2 },
    { map: 'temperature', temperature: 3 },
  ].map((calibration) => ({ by: 'map', calibration }));
  const relative = ['par', 'lsc', 'centred'].map((by) => ({ by, references: ['reference'] }));

  test.each([...maps, ...relative])('$by $calibration', (shaping) => {
    fc.assert(
      fc.property(raw, (values) => {
        const by = (text: string) => values[Number(text)] ?? 0.25;
        const candidates = values.map((_, place) => String(place));
        const entry = { kind: 'shaped', reward: 'a', shaping };
        const { scores } = composed({ entry, members: { a: { output: 'logit', by } }, candidates });
        expect(best(scores)).toContain(values.indexOf(Math.max(...values)));
        for (const [a, one] of values.entries())
          for (const [b, other] of values.entries())
            if (one > other) expect(told(scores[a])).toBeGreaterThanOrEqual(told(scores[b]) as number);
      }),
      runs,
    );
  });

  test('the sigmoid of large logits is 1: it makes ties that were not there, so the best is looked for among raw scores', () => {
    const { scores } = composed({
      entry: { kind: 'shaped', reward: 'a', shaping: { by: 'map', calibration: 'sigmoid' } },
      ...rows({ a: [40, 60] }, 'logit'),
    });
    expect(scores.map(told)).toEqual([1, 1]);
  });
});

test('sums go in the order of the config, whichever member answers first: 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1', () => {
  const table3 = { a: [0.1], b: [0.2], c: [0.3] };
  const sum = (members: string[]) => told(composed({ entry: { kind: 'weighted', members }, ...rows(table3) }).scores[0]);
  expect(sum(['a', 'b', 'c'])).toBe((0.1 + 0.2 + 0.3) / 3);
  expect(sum(['c', 'b', 'a'])).toBe((0.3 + 0.2 + 0.1) / 3);
});

test('members that share no reward are asked at once, others in turn, so that what they share is asked once', () => {
  const given = { members: { a: { by: { x: 1 } }, b: { by: { x: 1 } } }, candidates: ['x'] };
  const apart = composed({ entry: { kind: 'weighted', members: ['a', 'b'] }, ...given });
  const shared = composed({
    entry: { kind: 'weighted', members: ['a', 'both'] },
    others: { both: { kind: 'ensemble', members: ['a', 'b'] } },
    ...given,
  });
  expect([apart.atOnce, shared.atOnce]).toEqual([[['a', 'b']], [['a', 'b']]]);
});
