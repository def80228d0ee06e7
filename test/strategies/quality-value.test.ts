import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Score } from '../../src/operation.ts';
import { candidateQuality, qualityValue } from '../../src/strategies/quality-value.ts';
import { candidate, stepScores, task } from '../drive.ts';

test.each([
  { name: 'three right steps', right: [1, 1, 1], values: [1 / 3, 2 / 3, 1] },
  { name: 'right, right, wrong', right: [1, 1, 0], values: [0.3333333333, 0.6666666667, 0.3333333333] },
  {
    name: 'errors of 0.1, 0.2, 0.05 and 0.1',
    right: [0.9, 0.8, 0.95, 0.9],
    values: [0.2, 0.36, 0.648, 0.9296],
  },
])('$name have the quality values $values (methods C.6)', ({ right, values }) => {
  for (const [place, value] of values.entries())
    expect(qualityValue(right.slice(0, place + 1), right.length)).toBeCloseTo(value, 9);
});

test('the step reward enters as the probability of a wrong step: its sign decides (methods J.31)', () => {
  expect(qualityValue([1], 2)).toBe(0.5);
  expect(qualityValue([0.5], 2)).toBe(0);
  expect(qualityValue([0], 2)).toBe(0); // never below 0
});

test('a quality value is from 0 to 1, and 1 only of a whole answer', () => {
  const steps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), (right, left) => {
      const open = qualityValue(right, right.length + left);
      expect(open).toBeGreaterThanOrEqual(0);
      expect(open).toBeLessThan(1);
      expect(qualityValue(right, right.length)).toBeLessThanOrEqual(1);
    }),
  );
});

const scored = (text: string, process: Score, finish: 'step' | 'stop') => ({
  ...candidate('0.0', text, { finish }),
  scores: { process },
});

test('an open candidate has steps before it, an ended one has none (methods C.6)', () => {
  const quality = (finish: 'step' | 'stop', answerSteps: number) =>
    candidateQuality(scored('a\nb\n', stepScores(1, 1), finish), task, answerSteps);
  expect(quality('step', 4)).toBe(0.5);
  expect(quality('step', 1)).toBeCloseTo(2 / 3, 12); // at least one more
  expect(quality('stop', 4)).toBe(1);
});

test('it is unknown where a step has no score, and where the score failed (methods 0.2)', () => {
  const quality = (process: Score) => candidateQuality(scored('a\nb\n', process, 'step'), task, 4);
  expect(quality({ ok: false, reason: 'failed' })).toBeUndefined();
  expect(quality({ ok: true, value: 1 })).toBeUndefined();
  expect(quality(stepScores(1))).toBeUndefined();
  expect(quality({ ok: true, value: 1, steps: [null, 1] })).toBeUndefined();
});
