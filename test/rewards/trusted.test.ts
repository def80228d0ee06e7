import { describe, expect, test } from 'vitest';
import { meansOf, trust } from '../../src/rewards/trust.ts';
import { about, composed, refuse, rows, told } from './composed.ts';

const trusted = (more: object = {}) => ({ kind: 'trusted', outcome: 'outcome', judge: 'judge', ...more });

describe('the worked example (methods B.9)', () => {
  test('a judge that puts wrong candidates 0.3 above right ones counts for exp(-0.3)', () => {
    expect(trust({ right: 0.4, wrong: 0.7 })).toBeCloseTo(0.7408182206817179, 12);
    expect(trust({ right: 0.7, wrong: 0.4 })).toBe(1);
  });

  test('right, 0.6, trusted: 1.18', () => {
    const { scores } = composed({ entry: trusted(), ...rows({ outcome: [1, 0], judge: [0.6, 0.2] }) });
    expect(told(scores[0])).toBeCloseTo(1.18, 9);
  });

  test('wrong, 0.9, untrusted: 0.2000209196', () => {
    const { scores } = composed({ entry: trusted(), ...rows({ outcome: [1, 0, 0], judge: [0.4, 0.9, 0.5] }) });
    expect(told(scores[1])).toBeCloseTo(0.2000209196, 9);
    expect(scores[1]!.detail).toMatchObject({ means: { right: 0.4, wrong: 0.7 }, outcome: { value: 0 }, judge: { value: 0.9 } });
  });
});

test('a set that is all right or all wrong says nothing of the judge: the estimate holds, else trust (methods B.15)', () => {
  expect(meansOf([{ outcome: 0.5, opinion: 0.2 }])).toBeNull();
  const half = [
    { outcome: 0.5, opinion: 0.2 },
    { outcome: 0.49, opinion: 0.8 },
  ];
  expect(meansOf(half)).toEqual({ right: 0.2, wrong: 0.8 }); // an outcome of one half is right
  const set = rows({ outcome: [1, 1], judge: [0.5, 1] });
  expect(composed({ entry: trusted(), ...set }).scores.map(told)).toEqual([1.15, 1.3]);
  const estimate = { right: 0.4, wrong: 0.7 };
  const { scores } = composed({ entry: trusted({ estimate }), ...set });
  expect(told(scores[1])).toBeCloseTo(1 + 0.3 * 0.7408182206817179, 12);
});

test('a failed opinion is no 0: it neither counts in a mean nor leaves a score (methods B.9, pitfalls)', () => {
  const { scores } = composed({ entry: trusted(), ...rows({ outcome: [1, 0, 0, 'failed'], judge: [0.4, 0.9, 'failed', 0] }) });
  expect(scores.map(({ ok }) => ok)).toEqual([true, true, false, false]);
  expect(scores[0]!.detail).toMatchObject({ means: { right: 0.4, wrong: 0.9 } });
});

test('an opinion outside of 0 to 1 is a failure: three errors are not the best score', () => {
  const { scores } = composed({ entry: trusted(), ...rows({ outcome: [1, 0], judge: [3, 0.5] }) });
  expect(scores.map(({ ok }) => ok)).toEqual([false, true]);
});

test('the request may weigh the judge; the range says what comes of it', () => {
  const set = rows({ outcome: [1, 0], judge: [1, 0] });
  const given = { entry: trusted(), options: { alpha: 1 }, ...set };
  expect(composed(given).scores.map(told)).toEqual([2, 0]);
  expect(about(given)).toMatchObject({ scale: { output: 'unknown', range: [0, 2] }, dependsOn: 'set' });
  expect(about({ entry: trusted(), ...set }).scale.range).toEqual([0, 1.3]);
});

test('logits go through the sigmoid; a member without bounds must be given a map', () => {
  const { scores } = composed({ entry: trusted(), ...rows({ outcome: [0, -50], judge: [0, 0] }, 'logit') });
  expect(told(scores[0])).toBeCloseTo(0.65, 12);
  const others = { judge: { kind: 'weighted', members: ['raw'], rule: 'chebyshev' } };
  const members = { outcome: { by: {} }, raw: { output: 'logit' as const, by: {} } };
  expect(() => refuse({ entry: trusted(), members, others, candidates: [] })).toThrow(
    expect.objectContaining({ code: 'capability_missing', message: expect.stringContaining('"judge"') }),
  );
  expect(() => refuse({ entry: trusted({ judge_calibration: 'sigmoid' }), members, others, candidates: [] })).not.toThrow();
});
