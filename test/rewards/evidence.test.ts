import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/rewards/verdict.ts';
import { decide } from '../../src/rewards/verdict.ts';
import { about, composed, rows, told } from './composed.ts';

const given = (strength: 'hard' | 'soft', verdict: number, weight = 1): Evidence => ({
  source: strength,
  strength,
  verdict,
  weight,
});

describe('one verdict of hard and soft evidence (methods B.13)', () => {
  test.each([
    { name: 'hard and sure', evidence: [given('hard', 1), given('soft', -1, 9)], verdict: { value: 1, decidedBy: 'hard' } },
    { name: 'hard against', evidence: [given('hard', -1), given('soft', 1)], verdict: { value: -1, decidedBy: 'hard' } },
    {
      name: 'hard, and contradicted',
      evidence: [given('hard', 1), given('hard', -1), given('soft', 0.4)],
      verdict: { value: 0.4, decidedBy: 'soft' },
    },
    {
      name: 'hard, and not sure',
      evidence: [given('hard', 0.9), given('soft', -0.4)],
      verdict: { value: -0.4, decidedBy: 'soft' },
    },
    {
      name: 'soft, by weight',
      evidence: [given('soft', 1, 3), given('soft', -1, 1)],
      verdict: { value: 0.5, decidedBy: 'soft' },
    },
    { name: 'hard alone, and not sure', evidence: [given('hard', 0.9)], verdict: { value: 0, decidedBy: 'none' } },
    { name: 'none', evidence: [], verdict: { value: 0, decidedBy: 'none' } },
  ])('$name', ({ evidence, verdict }) => {
    expect(decide(evidence)).toEqual(verdict);
  });
});

const evidence = (more: object = {}) => ({
  kind: 'evidence',
  members: [{ reward: 'verifier', strength: 'hard' }, { reward: 'judge', weight: 3 }, 'style'],
  ...more,
});

describe('pointwise', () => {
  const table = rows({
    verifier: [1, 0, 0.5, 'failed', 'failed'],
    judge: [0.1, 0.9, 0.9, 0.51, 'failed'],
    style: [0.1, 0.9, 0.5, 0.5, 'failed'],
  });

  test('what the verifier is sure of holds, else the weighted mean of the others', () => {
    const { scores } = composed({ entry: evidence(), ...table });
    expect(scores.slice(0, 2).map(told)).toEqual([1, -1]);
    expect(told(scores[2])).toBeCloseTo(0.6, 12);
    expect(scores[0]!.detail).toMatchObject({
      verdict: 'for',
      confidence: 1,
      decided_by: 'hard',
      members: { judge: { value: 0.1 } },
    });
    expect(scores[2]!.detail).toMatchObject({ verdict: 'for', decided_by: 'soft' });
  });

  test('weak soft evidence is a tie; a source that failed is missing, and said to be; without any there is no verdict', () => {
    const { scores } = composed({ entry: evidence(), ...table });
    expect(scores[3]!.detail).toMatchObject({ verdict: 'tie', partial: true, members: { verifier: { reason: 'failed' } } });
    expect(told(scores[3])).toBeCloseTo(0.015, 12);
    expect(told(scores[4])).toBe('member_failed');
  });

  test('a verdict is from -1 to 1, of each by itself', () => {
    expect(about({ entry: evidence(), ...table })).toMatchObject({
      scale: { output: 'unknown', range: [-1, 1] },
      dependsOn: 'text',
    });
  });
});

describe('pairwise', () => {
  const entry = evidence({ form: 'pairwise' });

  test('two: the points of a match, and the verdict', () => {
    const { scores } = composed({ entry, ...rows({ verifier: [0, 1], judge: [0.9, 0.1], style: [0.9, 0.1] }) });
    expect(scores.map(told)).toEqual([0, 1]);
    expect(scores[0]!.detail).toMatchObject({ verdict: 'second', confidence: 1, decided_by: 'hard', matches: 1 });
  });

  test('where both pass the verifier the soft evidence decides; below the least it is a tie', () => {
    const even = composed({ entry, ...rows({ verifier: [1, 1], judge: [0.9, 0.3], style: [0.5, 0.5] }) });
    expect(even.scores.map(told)).toEqual([1, 0]);
    const close = composed({ entry, ...rows({ verifier: [1, 1], judge: [0.6, 0.5], style: [0.5, 0.5] }) });
    expect(close.scores.map(told)).toEqual([0.5, 0.5]);
    expect(close.scores[0]!.detail).toMatchObject({ verdict: 'tie' });
  });

  test('several: the mean of points; one alone has nobody to lose to', () => {
    const three = rows({ verifier: [1, 0, 1], judge: [0.9, 0.9, 0.1], style: [0.9, 0.9, 0.1] });
    expect(composed({ entry, ...three }).scores.map(told)).toEqual([1, 0, 0.5]);
    expect(composed({ entry, ...rows({ verifier: [1], judge: [1], style: [1] }) }).scores.map(told)).toEqual([0.5]);
  });

  test('a candidate of which nothing is known plays no match', () => {
    const some = rows({ verifier: [1, 'failed', 0], judge: [0.5, 'failed', 0.5], style: [0.5, 'failed', 0.5] });
    expect(composed({ entry, ...some }).scores.map(told)).toEqual([1, 'member_failed', 0]);
  });

  test('more than can be compared with each other are refused', () => {
    const many = Array.from({ length: 1025 }, () => 1);
    const { scores } = composed({ entry, ...rows({ verifier: many, judge: many, style: many }) });
    expect(new Set(scores.map(told))).toEqual(new Set(['too_many_candidates']));
  });

  test('it compares candidates, in points from 0 to 1', () => {
    expect(about({ entry, ...rows({ verifier: [1], judge: [1], style: [1] }) })).toMatchObject({
      scale: { output: 'unknown', range: [0, 1] },
      dependsOn: 'set',
    });
  });
});
