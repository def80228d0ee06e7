import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uniqueness, weighed } from '../../src/strategies/dora.ts';

const close = (values: readonly number[], expected: readonly number[], digits = 10) => {
  expect(values).toHaveLength(expected.length);
  for (const [place, value] of values.entries()) expect(value).toBeCloseTo(expected[place]!, digits);
};

const qualities = [0.4223187983, 0.4223187983, 0.1553624035]; // the softmax of .8, .8, .7 at T = 0.1
const similarities = [
  [1, 0.99, 0.5],
  [0.99, 1, 0.5],
  [0.5, 0.5, 1],
];

test('two that are nearly copies are each unique to .73, and share accordingly (methods C.3, the worked example)', () => {
  const unique = uniqueness(similarities, 0.01);
  close(unique, [0.7310585786, 0.7310585786, 1]);
  close(weighed(qualities, unique), [0.3994863047, 0.3994863047, 0.2010273907]);
});

test('one of m copies is unique to 1 / m, and one that nothing is like to 1 (methods C.3)', () => {
  for (const m of [1, 2, 5]) {
    close(uniqueness(Array(m).fill(Array(m).fill(1)), 0.01), Array(m).fill(1 / m), 12);
    const alone = Array.from({ length: m }, (_, row) => Array.from({ length: m }, (_, column) => Number(row === column)));
    close(uniqueness(alone, 0.01), Array(m).fill(1), 12);
  }
});

test('where nothing is known of a pair, neither has less for it', () => {
  close(
    uniqueness(
      [
        [1, -Infinity, 1],
        [-Infinity, 1, -Infinity],
        [1, -Infinity, 1],
      ],
      0.01,
    ),
    [0.5, 1, 0.5],
  );
});

const matrix = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.record({
    qualities: fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
    cosines: fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }), {
      minLength: size,
      maxLength: size,
    }),
  }),
);

test('one is unique to 1 / m at least, and shares sum to 1 (methods C.3)', () => {
  fc.assert(
    fc.property(matrix, ({ qualities, cosines }) => {
      const rows = cosines.map((row, place) => row.map((cosine, column) => (column === place ? 1 : cosine)));
      const unique = uniqueness(rows, 0.01);
      for (const value of unique) {
        expect(value).toBeGreaterThanOrEqual(1 / rows.length - 1e-12); // nothing is more like it than it is itself
        expect(value).toBeLessThanOrEqual(1);
      }
      const shares = weighed(qualities, unique);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
    }),
  );
});

test('where all are alike, or none is, the shares are those of quality alone', () => {
  fc.assert(
    fc.property(matrix, fc.constantFrom(0, 1), ({ qualities }, likeness) => {
      const rows = qualities.map((_, place) => qualities.map((_, column) => (column === place ? 1 : likeness)));
      const sum = qualities.reduce((total, quality) => total + quality, 0);
      const expected = qualities.map((quality) => quality / sum);
      close(weighed(qualities, uniqueness(rows, 0.01)), expected, 9);
    }),
  );
});
