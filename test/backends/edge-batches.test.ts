import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches } from '../../src/backends/edge-onnx/batches.ts';

const rowOf = (length: number) => ({ input: { ids: Array<number>(length).fill(1) } });
const lengthsOf = (cut: ReturnType<typeof rowOf>[][]) => cut.map((batch) => batch.map(({ input }) => input.ids.length));

test('rows of like lengths go together, the shortest first, padding counted', () => {
  expect(lengthsOf(batches([5, 1, 4, 1, 5].map(rowOf), { most: 10 }))).toEqual([[1, 1], [4, 5], [5]]);
});

test('where nothing may be padded, rows of one length go together', () => {
  expect(lengthsOf(batches([5, 1, 4, 1, 5, 5].map(rowOf), { most: 10, equal: true }))).toEqual([[1, 1], [4], [5, 5], [5]]);
});

test('no row is no batch, and a row above the limit is one by itself', () => {
  expect(batches([], { most: 10 })).toEqual([]);
  expect(batches([rowOf(11), rowOf(1)], { most: 10 }).map((batch) => batch.length)).toEqual([1, 1]);
});

test('each row is in one batch, and no batch of several rows is above the limit', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 64 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 200 }), fc.boolean(), (given, most, equal) => {
      const rows = given.map(rowOf);
      const cut = batches(rows, { most, equal });
      expect(new Set(cut.flat())).toEqual(new Set(rows));
      expect(cut.flat()).toHaveLength(rows.length);
      for (const batch of lengthsOf(cut)) {
        if (batch.length > 1) expect(batch.length * Math.max(...batch)).toBeLessThanOrEqual(most);
        if (equal) expect(new Set(batch).size).toBe(1);
      }
    }),
  );
});
