import { expect, test } from 'vitest';
import { stepValue } from '../../src/strategies/step-value.ts';
import { task } from '../drive.ts';

const scored = (value: number) => ({ scores: { process: { ok: true as const, value } } });

test.each([
  { output: 'probability', value: 0.3, expected: 0.3 },
  { output: 'probability', value: 1.5, expected: 1 },
  { output: 'probability', value: -0.1, expected: 0 },
  { output: 'logit', value: 0, expected: 0.5 },
  { output: 'logit', value: 2, expected: 0.8807970779778823 },
] as const)('$value as a $output is the value $expected', ({ output, value, expected }) => {
  expect(stepValue(scored(value), { ...task, stepOutput: output })).toBeCloseTo(expected, 12);
});

test('a failed score, another reward and no step reward give no value: unknown is not 0 (methods 0.2)', () => {
  expect(stepValue({ scores: { process: { ok: false, reason: 'not_finite' } } }, task)).toBeUndefined();
  expect(stepValue({ scores: { outcome: { ok: true, value: 1 } } }, task)).toBeUndefined();
  expect(stepValue(scored(0.5), { ...task, stepReward: null })).toBeUndefined();
});
