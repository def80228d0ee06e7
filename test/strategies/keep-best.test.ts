import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Scored } from '../../src/operation.ts';
import { firstSteps, keepBest } from '../../src/strategies/keep-best.ts';
import { candidate } from '../drive.ts';

const version = (place: number, value: number | null, finish: 'stop' | 'length' = 'stop'): Scored => ({
  ...candidate(`0.${place}`, 'a\nb', { finish }),
  scores: { outcome: value === null ? { ok: false, reason: 'failed' } : { ok: true, value } },
});

test.each([
  { name: 'original 3.1, then 2.8, 3.6, 3.5: round 2 (methods E.0)', values: [3.1, 2.8, 3.6, 3.5], best: 2 },
  { name: 'equal everywhere: the original (methods E.0)', values: [3.1, 3.1, 3.1], best: 0 },
  { name: 'a failed score never wins, not against a negative one either', values: [null, -5, null], best: 1 },
  { name: 'all failed: the original', values: [null, null], best: 0 },
])('keep-best: $name', ({ values, best }) => {
  expect(
    keepBest(
      values.map((value, place) => version(place, value)),
      'outcome',
    )?.id,
  ).toBe(`0.${best}`);
});

test('the best of no version is none', () => {
  expect(keepBest([], 'outcome')).toBeUndefined();
});

test('keep-best never falls below the original (methods M.13)', () => {
  const values = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(null)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(values, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (given, cut) => {
      const versions = given.map((value, place) => version(place, value, cut[place] ? 'length' : 'stop'));
      const best = keepBest(versions, 'outcome')!;
      const value = ({ scores }: Scored) => (scores.outcome?.ok ? scores.outcome.value : Number.NEGATIVE_INFINITY);
      const rivals = versions.filter(({ finish }) => finish === best.finish);
      expect(value(best)).toBe(Math.max(...rivals.map(value)));
      expect(best.finish === 'stop' || versions.every(({ finish }) => finish === 'length')).toBe(true);
      expect(rivals.find((rival) => value(rival) === value(best))).toBe(best);
    }),
  );
});

test('the first steps of a candidate are a prefix `P@s` with its own text, steps and ids; none is the prompt', () => {
  const whole = version(0, 1);
  expect(firstSteps(whole, 1)).toEqual({
    id: '0.0@1',
    text: 'a\n',
    steps: ['a\n'],
    tokenCount: 2,
    tokens: [97, 10],
    stepEnds: [2],
  });
  expect(firstSteps(whole, 0)).toMatchObject({ id: '0', text: '', tokenCount: 0 });
});

test('the first steps of a candidate whose last one is open have ended', () => {
  const open = { ...version(0, 1), stepOpen: true };
  expect(firstSteps(open, 1).stepOpen).toBe(false);
  expect(firstSteps(open, open.steps.length).stepOpen).toBe(true);
});

test('where the ends of steps are unknown the text alone is handed on', () => {
  const { tokens, stepEnds, text } = firstSteps({ ...version(0, 1), stepEnds: undefined }, 1);
  expect({ tokens, stepEnds, text }).toEqual({ tokens: undefined, stepEnds: undefined, text: 'a\n' });
});
