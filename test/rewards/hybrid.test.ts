import { describe, expect, test } from 'vitest';
import { about, composed, refuse, rows, told } from './composed.ts';

const hybrid = (more: object = {}) => ({ kind: 'hybrid', rule: 'rule', reward: 'model', ...more });

describe('a rule of confidence c and a model (methods B.5)', () => {
  const table = rows({ rule: [1, 0, 1, 0], model: [0.3, 0.3, 0.8, 0.8] });

  test('from the threshold on the rule decides alone, and the model is not asked', () => {
    const { scores, asked } = composed({ entry: hybrid({ confidence: 0.9 }), ...table });
    expect(scores.map(told)).toEqual([1, 0, 1, 0]);
    expect(asked.map(({ reward }) => reward)).toEqual(['rule']);
  });

  test('below it both count: c x rule + (1 - c) x model', () => {
    const { scores } = composed({ entry: hybrid({ confidence: 0.75 }), ...table });
    for (const [place, value] of [0.825, 0.075, 0.95, 0.2].entries()) expect(told(scores[place])).toBeCloseTo(value, 12);
    expect(scores[0]!.detail).toMatchObject({ rule: { value: 1 }, confidence: 0.75, model: { value: 0.3 } });
  });

  test('asymmetric: a rule that says no is not heard, and the model reads those alone (methods B.15)', () => {
    const { scores, asked } = composed({ entry: hybrid({ asymmetric: true }), ...table });
    expect(scores.map(told)).toEqual([1, 0.3, 1, 0.8]);
    expect(asked[1]).toEqual({ reward: 'model', texts: ['1', '3'] });
  });

  test('the confidence may be a reward of its own', () => {
    const own = rows({ rule: [1, 1, 0], sure: [0.95, 0.5, 'failed'], model: [0.2, 0.2, 0.2] });
    const { scores } = composed({ entry: hybrid({ confidence: 'sure' }), ...own });
    expect(scores.map(told)).toEqual([1, 0.6, 'member_failed']);
  });
});

test('a rule or a model that fails, or leaves 0 to 1, gives no number', () => {
  const table = rows({ rule: ['broken', 1, 7, 1], model: [0.5, 'too_long', 0.5, 1.5] });
  const { scores } = composed({ entry: hybrid({ confidence: 0.5 }), ...table });
  expect(scores.map(told)).toEqual(['member_failed', 'member_failed', 'member_failed', 'member_failed']);
});

test('a logit goes through the sigmoid first; one without bounds must be given a map', () => {
  const members = { rule: { by: { x: 0 } }, model: { output: 'logit' as const, by: { x: 0 } } };
  const { scores } = composed({ entry: hybrid({ confidence: 0.5 }), members, candidates: ['x'] });
  expect(told(scores[0])).toBe(0.25);
  const others = { model: { kind: 'weighted', members: ['raw'], rule: 'chebyshev' } };
  const unbounded = {
    entry: hybrid(),
    members: { rule: { by: { x: 0 } }, raw: { output: 'logit' as const, by: { x: 0 } } },
    others,
    candidates: ['x'],
  };
  expect(() => refuse(unbounded)).toThrow(
    expect.objectContaining({ code: 'capability_missing', message: expect.stringContaining('"model"') }),
  );
  expect(() => refuse({ ...unbounded, entry: hybrid({ calibration: 'sigmoid' }) })).not.toThrow();
});

test('it is a probability, and compares candidates only where its members do', () => {
  const table = rows({ rule: [1], model: [1] });
  expect(about({ entry: hybrid(), ...table })).toMatchObject({
    scale: { output: 'probability', range: [0, 1] },
    dependsOn: 'text',
  });
  expect(about({ entry: hybrid({ calibration: 'rank' }), ...table }).dependsOn).toBe('set');
});
