import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wave } from '../../src/budget/fit.ts';

const rule = { typical: 16, minUseful: 4, whole: true };
const open = (count: number, most = 40) => Array.from({ length: count }, () => ({ most, tokens: 0, started: false, ...rule }));

test.each([
  { left: 400, grants: [40, 40, 40, 40], name: 'enough for all' },
  { left: 100, grants: [40, 40, 0, 0], name: 'as many whole ones as there are means for; the rest waits for what they leave' },
  { left: 39, grants: [39, 0, 0, 0], name: 'less than one whole: all of it to the first' },
  { left: 4, grants: [4, 0, 0, 0], name: 'as little as is of use' },
  { left: 3, grants: [0, 0, 0, 0], name: 'less than is of use' },
  { left: 0, grants: [0, 0, 0, 0], name: 'nothing' },
])('whole grants: $name', ({ left, grants }) => {
  expect(wave(open(4), left)).toEqual(grants);
});

test('whole grants are whole but for one alone, and never above what is left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }), fc.nat(3000), (count, most, left) => {
      const granted = wave(open(count, most), left).filter((tokens) => tokens > 0);
      expect(granted.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThanOrEqual(left);
      if (granted.length > 1) expect(granted.every((tokens) => tokens === most)).toBe(true);
      if (left >= count * most) expect(granted).toHaveLength(count);
    }),
  );
});
