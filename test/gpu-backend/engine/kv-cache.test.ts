import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KvCache } from '../../../gpu-backend/engine/kv-cache.ts';

const SHAPES = [
  { heads: 2, bytes: 4 },
  { heads: 1, bytes: 8 },
];
const POSITION = 16;

function cache(positions: number, rows: number, context: number) {
  const made = new KvCache(SHAPES, { bytes: positions * POSITION, rows, context }, () => {});
  const view = (row: number, position: number) =>
    SHAPES.flatMap(({ heads, bytes }, cacheIndex) =>
      Array.from({ length: heads }, (_, head) => {
        const at = ((row * heads + head) * made.capacity + position) * bytes;
        return new Int32Array(made.arrays[cacheIndex]!.buffer, at, bytes / 4);
      }),
    );
  const write = (row: number, value: number) => {
    for (const places of view(row, made.lengthOf(row))) places.fill(value);
    made.hold(row, made.lengthOf(row) + 1);
  };
  const read = (row: number) =>
    Array.from({ length: made.lengthOf(row) }, (_, position) => {
      const values = new Set(view(row, position).flatMap((places) => [...places]));
      expect(values.size).toBe(1);
      return [...values][0];
    });
  return { cache: made, write, read };
}

test('rows keep what they hold, whatever comes, grows, is copied, kept and leaves', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(1000), fc.nat(700)), { maxLength: 60 }), (moves) => {
      const { cache: kv, write, read } = cache(6000, 5, 1500);
      const rows: number[][] = [];
      const kept: { values: number[]; segments: ReturnType<KvCache['keep']> }[] = [];
      for (const [move, value, amount] of moves) {
        const row = rows.length > 0 ? value % rows.length : -1;
        if (move === 0 && kv.fits(amount + 1)) {
          expect(kv.take(amount + 1)).toBe(rows.length);
          rows.push([]);
        } else if (move === 1 && row >= 0) {
          for (let count = 0; count < amount && rows[row]!.length < 1500 && kv.growForStep(); count++) {
            write(row, value + count);
            rows[row]!.push(value + count);
          }
        } else if (move === 2 && row >= 0) {
          kv.copy(rows.length - 1, row);
          rows[row] = rows.at(-1)!;
          rows.pop();
          kv.pop();
        } else if (move === 3 && row >= 0 && kv.canKeep(rows[row]!.length)) {
          const from = Math.min(amount, rows[row]!.length);
          kept.push({ values: rows[row]!.slice(from), segments: kv.keep(row, from, rows[row]!.length) });
        } else if (move === 4 && kept.length > 0 && kv.fits(kept.at(-1)!.values.length + 1)) {
          const { values, segments } = kept.at(-1)!;
          kv.load(segments, kv.take(values.length + 1));
          rows.push([...values]);
        } else if (move === 5 && kept.length > 0) {
          kv.drop(kept.splice(value % kept.length, 1)[0]!.segments);
        }
        expect(kv.used).toBe(rows.length);
        expect(kv.kept).toBe(kept.reduce((sum, { values }) => sum + values.length, 0));
        for (const [index, values] of rows.entries()) expect(read(index)).toEqual(values);
      }
    }),
    { numRuns: 150 },
  );
});

test('short rows are many, long ones few, and the room shrinks again when the long ones are gone', () => {
  const { cache: kv } = cache(8192, 100, 2048);
  expect(kv.rowsAt(100)).toBe(24); // three quarters of the memory, 256 positions each
  expect(kv.rowsAt(257)).toBe(12);
  expect(kv.rowsAt(2048)).toBe(3);
  kv.take(2000);
  expect(kv.capacity).toBe(2048);
  kv.pop();
  expect(kv.capacity).toBe(256);
});

test('a row that is read bit by bit keeps the room that it was promised when others come close', () => {
  const { cache: kv } = cache(2640, 6, 600);
  kv.take(300); // of which it holds 64 so far
  kv.hold(0, 64);
  while (kv.fits(100)) kv.take(100);
  expect(kv.capacity).toBeGreaterThanOrEqual(300);
  kv.copy(0, kv.used - 1); // it moves behind the others, its promise with it
  kv.hold(0, 0);
  kv.pop();
  kv.pop();
  while (kv.fits(100)) kv.take(100);
  expect(kv.capacity).toBe(256); // nobody needs more any longer
});

test('memory for less than two texts of the context cuts the context; for none it is an error', () => {
  expect(cache(600, 4, 2048).cache.context).toBe(300);
  expect(() => cache(3, 4, 2048)).toThrow('max_kv_bytes is 48');
});
