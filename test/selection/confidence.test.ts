import { describe, expect, test } from 'vitest';
import { percentile, tokenConfidences, traceConfidence } from '../../src/selection/token-confidence.ts';
import { choose, contenders, logprobsOf, sure } from './contenders.ts';

/** Four tokens, each with the log-probabilities of its four most likely ones (methods A.9). */
const trace = [
  [-0.1, -3, -5, -6],
  [-0.7, -0.9, -4, -5],
  [-0.05, -4, -6, -7],
  [-1.2, -1.4, -1.6, -1.8],
];

describe('confidence of tokens and traces (methods A.9)', () => {
  const confidences = tokenConfidences(logprobsOf(trace), 4)!;

  test('of each token: minus the mean of its most likely ones', () => {
    for (const [place, expected] of [3.525, 2.65, 4.2625, 1.5].entries()) expect(confidences[place]).toBeCloseTo(expected, 12);
  });

  test.each([
    { measure: 'mean', expected: 2.984375 },
    { measure: 'tail', expected: 2.88125 },
    { measure: 'lowest_group', expected: 2.88125 },
    { measure: 'bottom_10', expected: 2.88125 },
  ] as const)('$measure of the trace by windows of 2: $expected', ({ measure, expected }) => {
    expect(traceConfidence(confidences, { window: 2, measure })).toBeCloseTo(expected, 12);
  });

  test('bottom 10 percent: the mean of the lowest tenth of the windows, one at least', () => {
    const long = Array.from({ length: 40 }, (_, place) => place);
    expect(traceConfidence(long, { window: 1, measure: 'bottom_10' })).toBeCloseTo((0 + 1 + 2 + 3) / 4, 12);
    expect(traceConfidence(long, { window: 2, measure: 'bottom_10' })).toBeCloseTo((0.5 + 1.5 + 2.5) / 3, 12); // 39 windows
  });

  test('a trace that is no longer than the window is its plain mean, by every measure', () => {
    for (const measure of ['mean', 'tail', 'lowest_group', 'bottom_10'] as const)
      for (const window of [4, 2048]) expect(traceConfidence(confidences, { window, measure })).toBeCloseTo(2.984375, 12);
  });

  test('the token that a server adds to the most likely ones is left out, and one without any leaves the trace unknown', () => {
    expect(tokenConfidences(logprobsOf([[-0.1, -3, -5, -6, -9]]), 4)![0]).toBeCloseTo(3.525, 12);
    expect(tokenConfidences(logprobsOf([[-9, -0.1, -3, -5, -6]]), 4)![0]).toBeCloseTo(3.525, 12);
    expect(tokenConfidences([...logprobsOf(trace), { token: 'x', logprob: -1 }], 4)).toBe(null);
    expect(tokenConfidences(logprobsOf([[Number.NEGATIVE_INFINITY]]), 4)).toBe(null);
  });

  test('percentiles of the warm-up values: 8.7 keeps 7 of 8, 14.3 keeps only 15', () => {
    const values = [10, 12, 9, 15, 11, 14, 13, 8];
    expect(percentile(values, 10)).toBeCloseTo(8.7, 12);
    expect(percentile(values, 90)).toBeCloseTo(14.3, 12);
    expect(values.filter((value) => value >= percentile(values, 10))).toHaveLength(7);
    expect(values.filter((value) => value >= percentile(values, 90))).toEqual([15]);
    expect(percentile([4], 37)).toBe(4);
  });
});

describe('the rule', () => {
  test('one sure candidate outweighs two unsure ones; the report names each', () => {
    const given = contenders({ answers: ['a', 'b', 'b'], top: [sure(5), sure(2), sure(2)] });
    const choice = choose('confidence', given);
    expect(choice).toMatchObject({ index: 0, answer: 'a', degraded: false, coverage: 1 });
    expect(choice.share).toBeCloseTo(5 / 9, 12);
    expect(choice.detail).toMatchObject({ confidences: { '0.0': 5, '0.1': 2, '0.2': 2 }, voted: ['0.0', '0.1', '0.2'] });
  });

  test('keep_percent: only the surest of those with an answer vote', () => {
    const given = contenders({
      answers: ['a', 'b', 'b', 'b', null],
      top: [sure(5), sure(4), sure(3), sure(2), sure(99)],
    });
    expect(choose('confidence', given).answer).toBe('b');
    const kept = choose('confidence', given, { keep_percent: 10 }); // the 90th percentile of 2, 3, 4, 5 is 4.7
    expect(kept).toMatchObject({ answer: 'a', share: 1, coverage: 0.8 });
    expect(kept.detail).toMatchObject({ voted: ['0.0'] });
    expect(kept.detail!.threshold).toBeCloseTo(4.7, 12);
  });

  test('a moment of doubt counts by the lowest group, not by the mean', () => {
    const top = [sure(9, 9, 1, 1, 9, 9), sure(5, 5, 5, 5, 5, 5)];
    const given = contenders({ answers: ['a', 'b'], top });
    expect(choose('confidence', given, { window: 2 }).answer).toBe('b');
    expect(choose('confidence', given, { window: 2, measure: 'mean' }).answer).toBe('a');
    expect(choose('confidence', given, { window: 2, measure: 'tail' }).answer).toBe('a');
  });

  test('who stands for the answer: the best reward where one is in play, else the surest', () => {
    const answers = ['a', 'a'];
    const top = [sure(1), sure(2)];
    expect(choose('confidence', contenders({ answers, top })).index).toBe(1);
    expect(choose('confidence', contenders({ answers, top, scores: [7, 3] })).index).toBe(0);
  });

  test('without log-probabilities each answer has one vote, and it says so; never a weight of 0 or a guess', () => {
    const choice = choose('confidence', contenders({ answers: ['a', 'b', 'b'] }));
    expect(choice).toMatchObject({ index: 1, answer: 'b', degraded: true, reason: 'no_logprobs' });
    expect(choose('confidence', contenders({ answers: [null, null] }))).toMatchObject({
      index: 0,
      answer: null,
      degraded: true,
      reason: 'no_logprobs',
    });
    // one that has none beside others that have
    const mixed = choose('confidence', contenders({ answers: ['a', 'b', 'b'], top: [sure(1), null, null] }));
    expect(mixed).toMatchObject({ index: 0, answer: 'a', share: 1, degraded: false });
    expect(mixed.detail).toMatchObject({ confidences: { '0.1': null } });
  });

  test('no answer at all: the surest, or the best reward, and degraded', () => {
    expect(choose('confidence', contenders({ top: [sure(1), sure(4)] }))).toMatchObject({ index: 1, reason: 'no_answers' });
    expect(choose('confidence', contenders({ top: [sure(1), sure(4)], scores: [2, 1] }))).toMatchObject({ index: 0 });
  });

  test('all certain, so that all weigh 0: one vote each', () => {
    const given = contenders({ answers: ['a', 'b', 'b'], top: [sure(0), sure(0), sure(0)] });
    expect(choose('confidence', given)).toMatchObject({ answer: 'b', degraded: true, reason: 'all_weights_zero' });
  });

  test('too few answers are told (methods A.2)', () => {
    const given = contenders({ answers: ['a', null, null], top: [sure(1), sure(1), sure(1)] });
    expect(choose('confidence', given, { min_coverage: 0.5 })).toMatchObject({ answer: 'a', reason: 'low_coverage' });
  });
});
