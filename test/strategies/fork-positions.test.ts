import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entropyOf, forkPositions } from '../../src/strategies/fork-positions.ts';

const distributions = [
  { p: [0.97, 0.01, 0.01, 0.01], entropy: 0.16770053684 },
  { p: [0.4, 0.3, 0.2, 0.1], entropy: 1.27985422583 },
  { p: [0.25, 0.25, 0.25, 0.25], entropy: 1.38629436112 },
  { p: [0.9, 0.05, 0.03, 0.02], entropy: 0.4280482748 },
];
const logs = (p: readonly number[]) => p.map(Math.log);

test.each(distributions)('the entropy of $p is $entropy (methods C.11)', ({ p, entropy }) => {
  expect(entropyOf(logs(p))).toBeCloseTo(entropy, 10);
});

test('of four such tokens a share of 25% is the one that all were equally likely for (methods C.11)', () => {
  const entropies = distributions.map(({ p }) => entropyOf(logs(p)));
  expect(forkPositions(entropies, { share: 0.25, minGap: 8 })).toEqual([2]);
});

test('alternatives that do not sum to 1 are shares of their sum (methods C.11)', () => {
  expect(entropyOf(logs([0.4, 0.1]))).toBeCloseTo(entropyOf(logs([0.8, 0.2])), 12);
});

test('one alternative, and impossible ones, have no entropy', () => {
  expect(entropyOf([-3])).toBe(0);
  expect(entropyOf([0, Number.NEGATIVE_INFINITY])).toBe(0);
});

test.each([
  { name: 'in descending order of entropy', entropies: [1, 3, 2, 4], share: 0.5, minGap: 1, taken: [3, 1] },
  { name: 'of equal ones the lower first', entropies: [2, 2, 2, 2], share: 0.5, minGap: 1, taken: [0, 1] },
  { name: 'those nearer than the gap are skipped', entropies: [1, 3, 4, 2], share: 0.5, minGap: 2, taken: [2, 0] },
  { name: 'exactly the gap apart is apart enough', entropies: [3, 0, 4], share: 0.67, minGap: 2, taken: [2, 0] },
  { name: 'at least one', entropies: [1, 2, 3], share: 0.01, minGap: 8, taken: [2] },
  { name: 'the share is of eligible ones', entropies: [9, undefined, undefined, 8], share: 0.5, minGap: 1, taken: [0] },
  { name: 'none where none is eligible', entropies: [undefined, undefined], share: 0.5, minGap: 1, taken: [] },
  { name: 'none of nothing', entropies: [], share: 0.5, minGap: 1, taken: [] },
])('forks: $name (methods C.15)', ({ entropies, share, minGap, taken }) => {
  expect(forkPositions(entropies, { share, minGap })).toEqual(taken);
});

test('29% of 100 tokens are 29: a share that is a whole number is that number', () => {
  const entropies = Array.from({ length: 100 }, (_, place) => place);
  expect(forkPositions(entropies, { share: 0.29, minGap: 1 })).toHaveLength(29);
});

test('every fork is eligible, apart from the others, and none that was passed over could have come before it', () => {
  const given = fc.record({
    entropies: fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), { minLength: 1, maxLength: 60 }),
    share: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
    minGap: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(given, ({ entropies, share, minGap }) => {
      const taken = forkPositions(entropies, { share, minGap });
      const far = (position: number, from: readonly number[]) => from.every((other) => Math.abs(other - position) >= minGap);
      for (const [place, position] of taken.entries()) {
        expect(far(position, taken.slice(0, place))).toBe(true);
        const passed = entropies.flatMap((entropy, at) =>
          entropy !== undefined && far(at, taken.slice(0, place)) ? [entropy] : [],
        );
        expect(entropies[position]).toBe(Math.max(...passed));
      }
    }),
  );
});
