import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StopWatch } from '../../../gpu-backend/engine/stop.ts';

const firstMatch = (watch: StopWatch, pieces: readonly string[]) => {
  for (const piece of pieces) {
    const match = watch.push(piece);
    if (match) return match;
  }
  return null;
};

test.each([
  { name: 'inside one piece', before: '', pieces: ['a STOP b'], expected: { start: 2, end: 6 } },
  { name: 'over three pieces', before: '', pieces: ['aS', 'TO', 'P'], expected: { start: 1, end: 5 } },
  { name: 'begun before the new text', before: 'xS', pieces: ['TO', 'P!'], expected: { start: -1, end: 3 } },
  { name: 'wholly before the new text: none', before: 'STOP', pieces: ['abc'], expected: null },
  { name: 'a beginning that comes to nothing: none', before: '', pieces: ['ST', 'OM', 'P'], expected: null },
  { name: 'the one that begins first', before: '', pieces: ['STOPEND'], expected: { start: 0, end: 4 } },
])('stop string $name', ({ before, pieces, expected }) => {
  expect(firstMatch(new StopWatch(['END', 'STOP'], before), pieces)).toEqual(expected);
});

test('of two stop strings at one place the shorter ends the text', () => {
  expect(new StopWatch(['ab', 'abc'], '').push('xabc')).toEqual({ start: 1, end: 3 });
});

test('however a text is cut into pieces, the same match is found', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 30 });
  fc.assert(
    fc.property(letters, letters, (before, text) => {
      const stop = ['abba', 'bab'];
      const match = firstMatch(new StopWatch(stop, before), [...text]);
      const joined = before + text;
      const ends = Array.from(text, (_, place) => before.length + place + 1);
      const end = ends.find((place) => stop.some((string) => joined.slice(0, place).endsWith(string)));
      expect(match === null ? undefined : before.length + match.end).toBe(end);
    }),
  );
});
