import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FitRule, Open } from '../../src/budget/fit.ts';
import { finishingReserve, typicalStep, wave } from '../../src/budget/fit.ts';
import { mulberry32 } from '../../src/random.ts';

const rule: FitRule = { typical: 48, minUseful: 8 };
const fresh = (count: number, most = 160, by: FitRule = rule): Open[] =>
  Array.from({ length: count }, () => ({ most, tokens: 0, started: false, ...by }));
const begun = (tokens: number, most = 160): Open => ({ most, tokens, started: true, ...rule });

test.each([
  { name: 'room for all: one wave, each has its m', open: fresh(16), left: 2560, grants: Array(16).fill(160) },
  { name: 'a token short of room for all: equal shares', open: fresh(4), left: 639, grants: [159, 159, 159, 159] },
  { name: 'shares above w are floored', open: fresh(3), left: 200, grants: [66, 66, 66] },
  { name: 'shares below w: w each while it lasts', open: fresh(16), left: 192, grants: [48, 48, 48, 48, ...Array(12).fill(0)] },
  { name: 'what is less than w starts no second one', open: fresh(3), left: 95, grants: [48, 0, 0] },
  { name: 'where nothing is granted yet, u is enough to start', open: fresh(3), left: 8, grants: [8, 0, 0] },
  { name: 'less than u starts none', open: fresh(3), left: 7, grants: [0, 0, 0] },
  { name: 'where m is less than w, m is the usual', open: fresh(3, 20), left: 59, grants: [20, 20, 0] },
  { name: 'where m is less than u, m is useful', open: fresh(2, 5), left: 9, grants: [5, 0] },
  { name: 'and less than m is not', open: fresh(2, 5), left: 4, grants: [0, 0] },
  { name: 'a started one goes first, whatever its place', open: [...fresh(1), begun(48)], left: 60, grants: [0, 48] },
  { name: 'both, where both have room', open: [...fresh(1), begun(48)], left: 100, grants: [50, 50] },
  { name: 'a started one takes a single token', open: [...fresh(1), begun(48)], left: 1, grants: [0, 1] },
  { name: 'a started one takes no more than its m', open: [begun(158), ...fresh(1)], left: 100, grants: [2, 50] },
  { name: 'one that is started with no token yet is started', open: [...fresh(1), begun(0)], left: 5, grants: [0, 5] },
  { name: 'after a started one u starts none', open: [begun(150), ...fresh(1)], left: 30, grants: [10, 0] },
  { name: 'nothing left, nothing granted', open: [begun(10), ...fresh(1)], left: 0, grants: [0, 0] },
  { name: 'one token of m is one token', open: fresh(3, 1), left: 2, grants: [1, 1, 0] },
  { name: 'none open, none granted', open: [], left: 10, grants: [] },
])('fit rule: $name (api.md 4)', ({ open, left, grants }) => {
  expect(wave(open, left)).toEqual(grants);
});

test('samples that are performed together have each their own rule', () => {
  const open = [
    ...fresh(1, 160),
    ...fresh(1, 12, { typical: 4, minUseful: 2 }),
    ...fresh(1, 160),
    ...fresh(1, 12, { typical: 4, minUseful: 2 }),
  ];
  expect(wave(open, 56)).toEqual([48, 8, 0, 0]);
  expect(wave(open, 100)).toEqual([48, 12, 0, 12]);
});

test('a beam grows breadth first: child 0 of each prefix comes before child 1 of any', () => {
  const order = ['a.0', 'b.0', 'a.1', 'b.1'];
  const grants = wave(fresh(4, 32, { typical: 16, minUseful: 8 }), 48);
  expect(order.filter((_, place) => grants[place]! > 0)).toEqual(['a.0', 'b.0', 'a.1']);
});

test.each([
  { most: 32, configured: 16, typical: 16 },
  { most: 32, configured: undefined, typical: 8 },
  { most: 33, configured: undefined, typical: 9 },
  { most: 1, configured: undefined, typical: 1 },
])('a usual step of at most $most tokens has $typical (api.md 4)', ({ most, configured, typical }) => {
  expect(typicalStep(most, configured)).toBe(typical);
});

test.each([
  { maxTokens: 2560, typical: 48, reserve: 48 },
  { maxTokens: 100, typical: 48, reserve: 25 },
  { maxTokens: 3, typical: 48, reserve: 0 },
])('of $maxTokens tokens $reserve are kept for finishing (api.md 4)', ({ maxTokens, typical, reserve }) => {
  expect(finishingReserve(maxTokens, typical)).toBe(reserve);
});

interface Played {
  readonly finished: number;
  readonly open: readonly Open[];
  readonly left: number;
  readonly waves: number;
}

/** Plays the waves for candidates of these lengths, each of which would end by itself after so many tokens. */
function play(lengths: readonly number[], most: number, limit: number, fitRule: FitRule): Played {
  const drafts = lengths.map((length) => ({ length, most, tokens: 0, started: false, closed: false, ...fitRule }));
  let left = limit;
  for (let waves = 0; ; waves++) {
    const open = drafts.filter(({ closed }) => !closed);
    const grants = open.length === 0 ? [] : wave(open, left);
    const total = grants.reduce((sum, grant) => sum + grant, 0);
    expect(total).toBeLessThanOrEqual(left);
    if (total === 0) {
      const finished = drafts.filter(({ closed, length }) => closed && length <= most).length;
      return { finished, open, left, waves };
    }
    for (const [place, draft] of open.entries()) {
      const grant = grants[place]!;
      if (grant === 0) continue;
      expect(grant).toBeLessThanOrEqual(draft.most - draft.tokens);
      const used = Math.min(grant, draft.length - draft.tokens);
      draft.started = true;
      draft.tokens += used;
      left -= used;
      draft.closed = draft.tokens === draft.length || draft.tokens === draft.most;
    }
  }
}

test('four answers’ worth of tokens finishes some of 16, where equal shares finish none (api.md 4)', () => {
  const next = mulberry32(5);
  let finished = 0;
  for (let run = 0; run < 500; run++) {
    const lengths = Array.from({ length: 16 }, () => 24 + Math.floor(next() * 49)); // 48 on average
    const played = play(lengths, 160, 4 * 48, rule);
    expect(lengths.filter((length) => length <= (4 * 48) / 16)).toEqual([]);
    finished += played.finished;
  }
  expect(finished / 500).toBeGreaterThan(3);
});

test('the waves end, stay under the limit, and leave less than u while a candidate is open', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 24 });
  const size = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(lengths, size, fc.integer({ min: 0, max: 1500 }), size, size, (given, most, limit, typical, minUseful) => {
      const { open, left, waves } = play(given, most, limit, { typical, minUseful });
      expect(left).toBeGreaterThanOrEqual(0);
      expect(waves).toBeLessThanOrEqual(limit);
      if (open.length > 0) expect(left).toBeLessThan(Math.min(most, typical, minUseful));
      if (open.some(({ started }) => started)) expect(left).toBe(0);
    }),
    { numRuns: 2000 },
  );
});

test('with room for all there is one wave, and nobody is cut', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 24 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 40, max: 60 }), (given, most) => {
      expect(play(given, most, given.length * most, rule)).toMatchObject({ finished: given.length, waves: 1, open: [] });
    }),
  );
});
