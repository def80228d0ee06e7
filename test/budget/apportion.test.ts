import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion } from '../../src/budget/apportion.ts';

test.each([
  { shares: [0.5, 0.3, 0.2], total: 7, parts: [4, 2, 1] }, // methods 0.7
  { shares: [0.07, 0.93], total: 50, parts: [3, 47] }, // methods 0.8: fractions are compared by nine decimals
  { shares: [0.2, 0.2, 0.2, 0.2, 0.2], total: 8, parts: [2, 2, 2, 1, 1] }, // methods C.3: ties go to the lower index
  { shares: [1], total: 3, parts: [3] },
  { shares: [0.5, 0.5], total: 0, parts: [0, 0] },
  { shares: [], total: 0, parts: [] },
])('$shares of $total are $parts (methods 0.7)', ({ shares, total, parts }) => {
  expect(apportion(shares, total)).toEqual(parts);
});

test('parts add up exactly, and none is a unit or more from its share (methods 0.7)', () => {
  const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 2000 }), (given, total) => {
      const sum = given.reduce((all, weight) => all + weight, 0);
      fc.pre(sum > 1e-6);
      const shares = given.map((weight) => weight / sum);
      const parts = apportion(shares, total);
      expect(parts.reduce((all, part) => all + part, 0)).toBe(total);
      for (const [place, part] of parts.entries()) expect(Math.abs(part - shares[place]! * total)).toBeLessThan(1 + 1e-6);
    }),
  );
});
