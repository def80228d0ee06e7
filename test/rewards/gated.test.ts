import { expect, test } from 'vitest';
import { rewardConfig } from '../../schemas/config.ts';
import { about, composed, rows, told } from './composed.ts';

const gated = (gates: readonly (string | object)[], more: object = {}) => ({ kind: 'gated', reward: 'model', gates, ...more });
const TABLE = rows({ format: [1, 0, 1, 'broken'], safe: [0.9, 0.9, 0.2, 1], model: [3, 5, 7, 9] });

test('the reward is asked for those alone that pass, each gate for those alone that passed the one before (methods B.5)', () => {
  const { scores, asked } = composed({ entry: gated(['format', 'safe']), ...TABLE });
  expect(scores.map(told)).toEqual([3, 'gate_failed', 'gate_failed', 'gate_unknown']);
  expect(asked).toEqual([
    { reward: 'format', texts: ['0', '1', '2', '3'] },
    { reward: 'safe', texts: ['0', '2'] },
    { reward: 'model', texts: ['0'] },
  ]);
  expect(scores[1]!.detail).toEqual({ gate: 'format', value: 0 });
  expect(scores[3]!.detail).toEqual({ gate: 'format', reason: 'broken' });
});

test('a fail score is the number that is set; a gate that cannot be judged gives none', () => {
  const { scores } = composed({ entry: gated(['format'], { gate_fail: 'score', gate_fail_score: -9 }), ...TABLE });
  expect(scores.map(told)).toEqual([3, -9, 7, 'gate_unknown']);
});

test('nobody passes: the reward is not asked', () => {
  const { scores, asked } = composed({
    entry: gated([{ reward: 'format', at_least: 2 }]),
    ...rows({ format: [1, 0], model: [1, 1] }),
  });
  expect(scores.map(told)).toEqual(['gate_failed', 'gate_failed']);
  expect(asked.map(({ reward }) => reward)).toEqual(['format']);
});

test.each([
  { bounds: {}, passes: [0.5, 0.9] },
  { bounds: { at_least: 0.9 }, passes: [0.9] },
  { bounds: { at_most: 0.5 }, passes: [-3, 0.4, 0.5] },
  { bounds: { at_least: 0.4, at_most: 0.5 }, passes: [0.4, 0.5] },
])('bounds $bounds let $passes through', ({ bounds, passes }) => {
  const given = [-3, 0.4, 0.5, 0.9];
  const { scores } = composed({ entry: gated([{ reward: 'gate', ...bounds }]), ...rows({ gate: given, model: given }) });
  expect(scores.map(told).filter((value) => typeof value === 'number')).toEqual(passes);
});

test('its scale is that of the reward, and holds the fail score', () => {
  const of = (more: object) => about({ entry: gated(['format'], more), ...TABLE }).scale;
  expect(of({})).toEqual({ output: 'probability', range: [0, 1] });
  expect(of({ gate_fail: 'score', gate_fail_score: 0 })).toEqual({ output: 'probability', range: [0, 1] });
  expect(of({ gate_fail: 'score', gate_fail_score: -1 })).toEqual({ output: 'unknown', range: [-1, 1] });
});

test.each([
  { more: { gate_fail: 'score' }, why: 'a fail score that is not said' },
  { more: { gate_fail_score: 0 }, why: 'a fail score that is not used' },
  { more: { gates: [] }, why: 'no gate' },
])('a config with $why is refused', ({ more }) => {
  expect(rewardConfig.safeParse(gated(['format'], more)).success).toBe(false);
});
