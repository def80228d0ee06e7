import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches } from '../../src/backends/edge-onnx/batches.ts';

const rowOf = (length: number) => ({ ids: Array<number>(length).fill(1) });

test('rows of like lengths go together, the shortest first, padding counted', () => {
  const lengths = [5, 1, 4, 1, 5].map(rowOf);
  expect(batches(lengths, 10).map((batch) => batch.map(({ ids }) => ids.length))).toEqual([[1, 1], [4, 5], [5]]);
});

test('no row is no batch, and a row above the limit is one by itself', () => {
  expect(batches([], 10)).toEqual([]);
  expect(batches([rowOf(11), rowOf(1)], 10).map((batch) => batch.length)).toEqual([1, 1]);
});

test('each row is in one batch, and no batch of several rows is above the limit', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 64 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 200 }), (given, most) => {
      const rows = given.map(rowOf);
      const cut = batches(rows, most);
      expect(new Set(cut.flat())).toEqual(new Set(rows));
      expect(cut.flat()).toHaveLength(rows.length);
      for (const batch of cut) {
        const padded = batch.length * Math.max(...batch.map(({ ids }) => ids.length));
        if (batch.length > 1) expect(padded).toBeLessThanOrEqual(most);
      }
    }),
  );
});
