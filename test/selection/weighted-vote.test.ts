import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Choice } from '../../src/selection/define.ts';
import { startRule } from '../../src/selection/registry.ts';
import { calibrated, choose, contenders, logits, probabilities } from './contenders.ts';

const weightsOf = ({ clusters = [] }: Choice) => Object.fromEntries(clusters.map(({ answer, weight }) => [answer, weight]));
const lawTwo = contenders({ answers: ['A', 'A', 'A', 'B'], scores: [-1.0, -1.2, -0.8, -0.5] });

describe('weights (methods A.4)', () => {
  test.each([
    { name: 'sigmoid of calibrated logits', options: {}, context: calibrated, A: 0.8104421567433651, B: 0.3775406687981454 },
    { name: 'softmax', options: { weight_map: 'softmax' }, context: logits, A: 0.6483744224600234, B: 0.3516255775399765 },
    { name: 'unit: one vote each', options: { weight_map: 'unit' }, context: logits, A: 3, B: 1 },
  ])('$name: the bigger cluster wins, where raw logits would let it lose (law 2)', ({ options, context, A, B }) => {
    const choice = choose('weighted_vote', lawTwo, options, context);
    expect(choice).toMatchObject({ index: 2, answer: 'A', degraded: false });
    expect(weightsOf(choice).A).toBeCloseTo(A, 9);
    expect(weightsOf(choice).B).toBeCloseTo(B, 9);
    expect(choice.share).toBeCloseTo(A / (A + B), 9);
  });

  test('sigmoid centres logits that are not calibrated on median and MAD', () => {
    // Median -0.9, deviations 0.1 0.3 0.1 0.4, MAD 0.2, scale 0.29652.
    const weight = (score: number) => 1 / (1 + Math.exp(-(score + 0.9) / 0.29652));
    const choice = choose('weighted_vote', lawTwo);
    expect(weightsOf(choice).A).toBeCloseTo(weight(-1) + weight(-1.2) + weight(-0.8), 9);
    expect(weightsOf(choice).B).toBeCloseTo(weight(-0.5), 9);
  });

  test('at MAD 0 the scale is 1 (methods A.11)', () => {
    const choice = choose('weighted_vote', contenders({ answers: ['A', 'A', 'A', 'B'], scores: [2, 2, 2, 3] }));
    expect(weightsOf(choice).A).toBeCloseTo(1.5, 9);
    expect(weightsOf(choice).B).toBeCloseTo(1 / (1 + Math.exp(-1)), 9);
  });

  test('prob takes probabilities as they are, and is the default for them', () => {
    const given = contenders({ answers: ['A', 'B', 'B'], scores: [0.9, 0.5, 0.3] });
    expect(choose('weighted_vote', given, {}, probabilities)).toMatchObject({ index: 0, answer: 'A' });
    expect(weightsOf(choose('weighted_vote', given, {}, probabilities))).toEqual({ A: 0.9, B: 0.8 });
    expect(choose('weighted_vote', given, { weight_map: 'unit' }, probabilities)).toMatchObject({ index: 1, answer: 'B' });
  });

  test('prob forgives rounding by 1e-6 and clamps it', () => {
    const choice = choose('weighted_vote', contenders({ answers: ['A', 'B'], scores: [1 + 5e-7, -5e-7] }), {}, probabilities);
    expect(weightsOf(choice)).toEqual({ A: 1, B: 0 });
  });

  test('softmax: a temperature towards 0 is argmax, a high one the majority', () => {
    const given = contenders({ answers: ['A', 'B', 'B'], scores: [3, 2.9, 2] });
    for (const temperature of [0, 1e-7, 0.05]) {
      expect(choose('weighted_vote', given, { weight_map: 'softmax', temperature }).answer).toBe('A');
    }
    expect(choose('weighted_vote', given, { weight_map: 'softmax', temperature: 1e6 }).answer).toBe('B');
    const tied = choose('weighted_vote', contenders({ answers: ['A', 'B', 'B'], scores: [3, 3, 3] }), {
      weight_map: 'softmax',
      temperature: 0,
    });
    expect(weightsOf(tied)).toEqual({ A: 1 / 3, B: 2 / 3 });
  });

  test('logits that exp cannot hold', () => {
    const given = contenders({ answers: ['A', 'B'], scores: [-2000, 2000] });
    expect(choose('weighted_vote', given, { weight_map: 'softmax' })).toMatchObject({ index: 1, share: 1 });
    expect(choose('weighted_vote', given, {}, calibrated)).toMatchObject({ index: 1, share: 1 });
  });
});

describe('who has a vote (methods 0.8, A.4, A.11)', () => {
  test('no answer or no valid score: no weight, no part in the total or in the median', () => {
    const voters = contenders({ answers: ['A', 'B', 'B'], scores: [3, 1, 2] });
    const all = contenders({ answers: ['A', 'B', 'B', null, 'C', 'B'], scores: [3, 1, 2, 900, 'x', Number.NaN] });
    const weights = weightsOf(choose('weighted_vote', voters));
    const choice = choose('weighted_vote', all);
    expect(weightsOf(choice)).toEqual({ ...weights, C: 0 });
    expect(choice.share).toBe(choose('weighted_vote', voters).share);
    expect(choice.coverage).toBeCloseTo(5 / 6, 12);
  });

  test('a tie of clusters goes to the one that began first', () => {
    expect(choose('weighted_vote', contenders({ answers: ['9', '1'], scores: [0.5, 0.5] }), {}, probabilities).answer).toBe('9');
  });

  test('all weights 0: one vote each, degraded', () => {
    expect(choose('weighted_vote', contenders({ answers: ['A', 'B', 'B'], scores: [0, 0, 0] }), {}, probabilities)).toMatchObject(
      {
        index: 1,
        answer: 'B',
        share: 2 / 3,
        degraded: true,
        reason: 'all_weights_zero',
      },
    );
  });

  test('no valid score: one vote each, degraded; no reward in play is said so', () => {
    const answers = ['A', 'B', 'B'];
    expect(choose('weighted_vote', contenders({ answers, scores: ['x', 'x', 'x'] }))).toMatchObject({
      index: 1,
      degraded: true,
      reason: 'all_scores_invalid',
    });
    expect(choose('weighted_vote', contenders({ answers }))).toMatchObject({ index: 1, degraded: true, reason: 'no_scores' });
  });

  test('no answer: the best score, degraded', () => {
    expect(choose('weighted_vote', contenders({ scores: [1, 3, 2] }))).toMatchObject({
      index: 1,
      ranking: [1, 2, 0],
      degraded: true,
      reason: 'no_answers',
      answer: null,
      share: 0,
      coverage: 0,
    });
  });
});

describe('prob and scores that are no probabilities (methods A.4, L)', () => {
  const given = contenders({ answers: ['A', 'B', 'B'], scores: [0.4, 0.9, 3.4] });

  test('a reward of logits is refused before anything is spent', () => {
    const rule = startRule('weighted_vote', { weight_map: 'prob' });
    expect(() => rule.check(logits)).toThrow(
      expect.objectContaining({ code: 'capability_missing', param: 'selection.weight_map' }),
    );
    expect(() => rule.check(probabilities)).not.toThrow();
    expect(() => startRule('weighted_vote', {}).check(logits)).not.toThrow();
  });

  test('supplied by the caller they are an error that names the candidate', () => {
    expect(() => choose('weighted_vote', given, { weight_map: 'prob' }, { output: 'unknown', supplied: true })).toThrow(
      expect.objectContaining({ code: 'invalid_value', message: expect.stringContaining('candidate 2 has 3.4') }),
    );
  });

  test('from a backend such a score is a failed one: no weight, and nothing thrown away', () => {
    expect(weightsOf(choose('weighted_vote', given, {}, probabilities))).toEqual({ A: 0.4, B: 0.9 });
    expect(() => choose('weighted_vote', given, { on_invalid_score: 'fail' }, probabilities)).toThrow(
      expect.objectContaining({ code: 'backend_error' }),
    );
  });
});

const voters = fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C', null), fc.integer({ min: -640, max: 640 })), {
  minLength: 1,
  maxLength: 40,
});

test.each(['softmax', 'sigmoid'])('a constant added to all logits changes no %s vote (methods M.2, law 2)', (map) => {
  fc.assert(
    fc.property(voters, fc.integer({ min: -1000, max: 1000 }), (rows, constant) => {
      const answers = rows.map(([answer]) => answer);
      // Multiples of 1/64: sums and differences are exact, so that the law is too.
      const plain = choose('weighted_vote', contenders({ answers, scores: rows.map(([, score]) => score / 64) }), {
        weight_map: map,
      });
      const moved = choose('weighted_vote', contenders({ answers, scores: rows.map(([, score]) => score / 64 + constant) }), {
        weight_map: map,
      });
      expect(moved).toEqual(plain);
    }),
  );
});
