import { expect, test } from 'vitest';
import type { Scored } from '../../src/operation.ts';
import { outcomesOf } from '../../src/strategies/outcomes.ts';
import { candidate, task } from '../drive.ts';

const scored = (...values: (number | 'failed')[]): Scored[] =>
  values.map((value, place) => ({
    ...candidate(`0.${place}`, 'a'),
    scores: { outcome: value === 'failed' ? { ok: false, reason: 'failed' } : { ok: true, value } },
  }));

test('a probability is the outcome as it is, within 0 and 1 (methods C.10)', () => {
  expect(outcomesOf(scored(0.2, 1.5, -1), { ...task, rewardOutput: 'probability' })).toEqual([0.2, 1, 0]);
});

test.each(['logit', 'unknown'] as const)(
  'a score that is %s is centred on the median by its deviation (methods A.4)',
  (output) => {
    const [low, middle, high] = outcomesOf(scored(1010, 1012, 1014), { ...task, rewardOutput: output });
    expect(middle).toBe(0.5);
    expect(high).toBeCloseTo(1 / (1 + Math.exp(-1 / 1.4826)), 12);
    expect(low! + high!).toBeCloseTo(1, 12);
  },
);

test('a failed score is unknown, not 0, and no part of what the others are centred on (methods 0.2)', () => {
  const outcomes = outcomesOf(scored('failed', 1, 3), { ...task, rewardOutput: 'logit' });
  expect(outcomes).toEqual([undefined, ...outcomesOf(scored(1, 3), { ...task, rewardOutput: 'logit' })]);
  expect(outcomesOf(scored('failed'), task)).toEqual([undefined]);
});
