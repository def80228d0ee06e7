import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KvCache } from '../../../gpu-backend/engine/kv-cache.ts';

/** Rows that hold names in place of keys and values. */
function namedRows(count: number) {
  const rows: string[][] = Array.from({ length: count }, () => []);
  const copied: number[] = [];
  const copyRow = (from: number, to: number, length: number) => {
    copied.push(length);
    rows[to] = rows[from]!.slice(0, length);
  };
  return { rows, copied, copyRow };
}

test('slots in use are always the first ones, each with its own positions, in any order of coming and going', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 60 }), (choices) => {
      const { rows, copyRow } = namedRows(5);
      const cache = new KvCache({ copyRow }, 4);
      const running: { name: string; length: number }[] = [];
      for (const [turn, choice] of choices.entries()) {
        if (cache.free > 0 && choice % 2 === 0) {
          const name = `s${turn}`;
          const length = 1 + (choice % 5);
          rows[cache.readingRow] = Array.from({ length }, () => name);
          cache.setRead(
            {},
            Array.from({ length }, () => 0),
          );
          expect(cache.take()).toBe(running.length);
          running.push({ name, length });
        } else if (running.length > 0) {
          const slot = choice % running.length;
          cache.leave(slot);
          const last = running.pop()!;
          if (slot < running.length) running[slot] = last;
        }
        for (const [slot, sequence] of running.entries()) {
          rows[slot]!.push(sequence.name); // a step
          sequence.length++;
        }
        cache.advance();
        expect(cache.used).toBe(running.length);
        for (const [slot, { name, length }] of running.entries()) expect(rows[slot]).toEqual(Array.from({ length }, () => name));
      }
    }),
  );
});

test('only live positions are copied, and none when the last slot leaves', () => {
  const { copied, copyRow } = namedRows(4);
  const cache = new KvCache({ copyRow }, 3);
  cache.setRead({}, [1, 2, 3]);
  cache.take();
  cache.take();
  cache.advance();
  cache.leave(0);
  cache.leave(0);
  expect(copied).toEqual([3, 3, 4]);
});

test('what was read for another call is not shared', () => {
  const cache = new KvCache(namedRows(2), 1);
  const [ours, theirs] = [{}, {}];
  cache.setRead(ours, [1, 2, 3]);
  expect(cache.alreadyRead(ours, [1, 2, 9, 9])).toBe(2);
  expect(cache.alreadyRead(theirs, [1, 2, 9, 9])).toBe(0);
});
