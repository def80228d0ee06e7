import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Scored } from '../../src/operation.ts';
import { costOf, keptOf, mayBeBest, notBelow } from '../../src/strategies/survivors.ts';
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

test('a floor drops what is below it; an end and a failed score stay (methods D.4)', () => {
  const failed: Scored = { ...candidate('0.4', 'x', { finish: 'step' }), scores: { process: { ok: false, reason: 'nan' } } };
  const field = [scored('0.0', 0.5), scored('0.1', 0.49), scored('0.2', 0.1, 'stop'), scored('0.3', -2), failed];
  expect(notBelow(field, 'process', 0.5).map(({ id }) => id)).toEqual(['0.0', '0.2', '0.4']);
});

test.each([
  {
    said: 'half after 5 of 20 steps and half again after 10',
    stretches: [
      { count: 1, end: 5 },
      { count: 0.5, end: 10 },
      { count: 0.25, end: 20 },
    ],
    cost: 10.35,
  },
  {
    said: 'no pruning: no free first step as of a count from 0, which says 19.2',
    stretches: [{ count: 1, end: 20 }],
    cost: 20.2,
  },
  {
    said: 'checkpoints that drop nothing cost their scorings',
    stretches: [
      { count: 1, end: 5 },
      { count: 1, end: 10 },
      { count: 1, end: 20 },
    ],
    cost: 20.6,
  },
])('$said: $cost a begun one, where a step costs 1 and a scoring .2 (methods D.5, D.10)', ({ stretches, cost }) => {
  expect(costOf(stretches, 1, 0.2)).toBeCloseTo(cost, 12);
});

test('at equal cost half and half begins 1.9517 times as many, not the 2.1604 of one free step (methods D.5)', () => {
  const halved = costOf(
    [
      { count: 1, end: 5 },
      { count: 0.5, end: 10 },
      { count: 0.25, end: 20 },
    ],
    1,
    0.2,
  );
  expect(costOf([{ count: 1, end: 20 }], 1, 0.2) / halved).toBeCloseTo(1.9517, 4);
  expect(halved).not.toBeCloseTo(9.35, 1);
});
