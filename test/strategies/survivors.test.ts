import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Scored } from '../../src/operation.ts';
import { keptOf, mayBeBest } from '../../src/strategies/survivors.ts';
import { candidate } from '../drive.ts';

test.each([
  { count: 4, alpha: 0.5, least: 1, kept: 2 },
  { count: 1, alpha: 0.5, least: 1, kept: 1 }, // not 0, as where halves are rounded to even (pitfall J.55)
  { count: 5, alpha: 0.5, least: 1, kept: 3 },
  { count: 20, alpha: 0.95, least: 1, kept: 1 },
  { count: 3, alpha: 0.95, least: 5, kept: 5 },
])('of $count without $alpha of them $kept are kept (methods D.10)', ({ count, alpha, least, kept }) => {
  expect(keptOf(count, alpha, least)).toBe(kept);
});

test('what is kept is exact for every share in hundredths', () => {
  for (let hundredths = 5; hundredths <= 95; hundredths++)
    for (let count = 1; count <= 256; count++)
      expect(keptOf(count, hundredths / 100, 1)).toBe(Math.ceil((count * (100 - hundredths)) / 100));
});

const scored = (id: string, value: number, finish: 'step' | 'stop' = 'step'): Scored => ({
  ...candidate(id, id, { finish }),
  scores: { process: { ok: true, value } },
});

test('racing never drops the one that will be the best, where no final score is further away than its bound', () => {
  const value = fc.double({ min: -5, max: 5, noNaN: true });
  const field = fc.array(fc.record({ value, error: fc.double({ min: -1, max: 1, noNaN: true }), done: fc.boolean() }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(field, fc.double({ min: 0, max: 3, noNaN: true }), (drawn, reach) => {
      const finals = drawn.map(({ value, error, done }) => (done ? value : value + error * reach));
      const candidates = drawn.map(({ value, done }, place) => scored(`0.${place}`, value, done ? 'stop' : 'step'));
      const best = finals.indexOf(Math.max(...finals));
      expect(mayBeBest(candidates, 'process', reach)).toContain(candidates[best]);
    }),
  );
});

test('racing with exact bounds keeps the best ones alone', () => {
  const field = [scored('0.0', 0.5), scored('0.1', 0.9), scored('0.2', 0.9, 'stop'), scored('0.3', 0.89)];
  expect(mayBeBest(field, 'process', 0).map(({ id }) => id)).toEqual(['0.1', '0.2']);
});
