import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lookup } from '../../schemas/config.ts';
import type { Result } from '../../src/operation.ts';
import { consensus } from '../../src/selection/consensus.ts';
import type { SelectionContext } from '../../src/selection/define.ts';
import { startRule } from '../../src/selection/registry.ts';
import { tokenF1 } from '../../src/selection/similarity/token-f1.ts';
import { calibrated, choose, contenders, logits } from './contenders.ts';

const texts = ['the cat sat', 'the cat sat down', 'a dog ran'];
const agreementOf = (detail: object | undefined) => Object.values((detail as { agreement: Record<string, number> }).agreement);
const near = (values: readonly number[], expected: readonly number[]) => {
  expect(values).toHaveLength(expected.length);
  for (const [place, value] of values.entries()) expect(value).toBeCloseTo(expected[place]!, 8);
};

describe('worked examples (methods A.6)', () => {
  test('each against the others, itself left out; a tie goes to fewer tokens', () => {
    const choice = choose('minimum_bayes_risk', contenders({ texts, tokens: [3, 4, 3] }));
    near(agreementOf(choice.detail), [0.428571429, 0.428571429, 0]);
    expect(choice).toMatchObject({ index: 0, ranking: [0, 1, 2], degraded: false });
    expect(choose('minimum_bayes_risk', contenders({ texts, tokens: [4, 3, 3] })).index).toBe(1);
  });

  test('with weights of 0.2, 0.2, 0.6 the outlier would elect itself, were it asked about itself', () => {
    const matrix = tokenF1(texts).map((row, place) => row.map((value, other) => (other === place ? 1 : value)));
    const weights = [0.2, 0.2, 0.6];
    near(
      matrix.map((row) => row.reduce((sum, value, other) => sum + value * weights[other]!, 0)),
      [0.371428571, 0.371428571, 0.6],
    );
    near(consensus(matrix, weights), [(0.2 * 6) / 7 / 0.8, (0.2 * 6) / 7 / 0.8, 0]);
    const given = contenders({ texts, scores: weights });
    const choice = choose('minimum_bayes_risk', given, { weight_map: 'prob' }, { output: 'probability' });
    expect(choice.index).toBe(0);
  });

  test('held best-of-N: 1.0, 0.9, 1.2 with 0.5 of the agreement', () => {
    const given = contenders({ texts, scores: [1.0, 0.9, 1.2] });
    const plain = { beta: 0.5, standardize: false };
    expect(choose('argmax', given).index).toBe(2);
    expect(choose('minimum_bayes_risk', given, plain)).toMatchObject({ index: 0, ranking: [0, 2, 1] });
    expect(choose('minimum_bayes_risk', given, { beta: 0.5 }, calibrated).index).toBe(0); // calibrated scores stay as they are
    expect(choose('minimum_bayes_risk', given, { beta: 0 }).index).toBe(2);
  });

  test('with equality and equal weights it is the majority vote', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(key, { minLength: 2, maxLength: 12 }), (answers) => {
        const given = contenders({ answers });
        const { index } = choose('minimum_bayes_risk', given, { utility: 'answer' });
        const votes = (answer: string) => answers.filter((one) => one === answer).length;
        expect(votes(answers[index]!)).toBe(votes(choose('majority_vote', given).answer!));
      }),
    );
  });
});

test('weights that leave somebody nothing to be compared by: all count as one (methods A.11)', () => {
  near(consensus(tokenF1(texts), [0, 1, 0]), [3 / 7, 3 / 7, 0]);
  near(consensus([[1]], [0]), [1]);
});

test('standardised scores: the z-score of the group beside the agreement, however far the logits are from 0', () => {
  const given = (shift: number) => contenders({ texts, scores: [1, 0.9, 1.2].map((score) => 100 * score + shift) });
  for (const shift of [-5000, 0, 5000]) expect(choose('minimum_bayes_risk', given(shift), { beta: 4 }).index).toBe(0);
  expect(choose('minimum_bayes_risk', given(0), { beta: 1 }).index).toBe(2);
  // all scores equal: the agreement decides
  expect(choose('minimum_bayes_risk', contenders({ texts: texts.toReversed(), scores: [5, 5, 5] }), { beta: 1 }).index).toBe(1);
});

test('a failed score: not eligible where scores decide, without a weight where they weigh, unasked where they have no part', () => {
  const given = contenders({ texts, scores: ['failed', 0.9, 1.2] });
  expect(choose('minimum_bayes_risk', given, { beta: 100, standardize: false })).toMatchObject({ index: 1, ranking: [1, 2, 0] });
  expect(choose('minimum_bayes_risk', given)).toMatchObject({ index: 0, degraded: false });
  expect(choose('minimum_bayes_risk', contenders({ texts, scores: ['x', 'x', 'x'] }), { beta: 1 })).toMatchObject({
    degraded: true,
    reason: 'all_scores_invalid',
  });
});

test('candidates that agree equally tie to the last bit, wherever they stand', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 }).map((all) => all.join(' '));
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 10 }), (all) => {
      const twice = [...all, ...all];
      const agreement = consensus(
        tokenF1(twice),
        twice.map(() => 1),
      );
      for (const place of all.keys()) expect(agreement[place]).toBe(agreement[place + all.length]);
    }),
  );
});

test.each([
  { utility: 'chrf', text: (place: number) => `${place} `.repeat(2000) },
  { utility: 'rouge_l', text: (place: number) => `a${place} `.repeat(3000) },
])('texts too long for $utility are compared by their tokens, and it says so', ({ utility, text }) => {
  const long = contenders({ texts: Array.from({ length: 40 }, (_, place) => text(place)) });
  const began = performance.now();
  expect(choose('minimum_bayes_risk', long, { utility })).toMatchObject({
    degraded: true,
    reason: 'texts_too_long',
    detail: { utility: 'token_f1' },
  });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(choose('minimum_bayes_risk', contenders({ texts }), { utility })).toMatchObject({
    degraded: false,
    detail: { utility },
  });
});

test('more than 64: the 64 best are compared, the others rank after them, and it says so', () => {
  const scores = Array.from({ length: 70 }, (_, place) => place);
  const choice = choose('minimum_bayes_risk', contenders({ scores }));
  expect(choice).toMatchObject({ degraded: true, reason: 'too_many_candidates' });
  expect(choice.ranking.slice(64)).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...choice.ranking].sort((a, b) => a - b)).toEqual(scores);
  expect(startRule('minimum_bayes_risk', {}).most).toBe(64);
});

describe('by a model that makes vectors', () => {
  const lookup = { rewards: { meaning: { kind: 'similarity', backend: 'local', model: 'small' } } } as unknown as Lookup;
  const context: SelectionContext = { ...logits, lookup };
  const rule = startRule('minimum_bayes_risk', { utility: { reward: 'meaning' } });
  const answer = (vectors: readonly number[][]): Result => {
    const told = vectors.map((vector) => ({ ok: true as const, vector, tokens: 1 }));
    const response = { vectors: told, usage: { texts: told.length, tokens: told.length } };
    return { kind: 'read', result: { ok: true, response } };
  };

  test('one reading of the distinct texts, then cosines', () => {
    const asking = rule.select(contenders({ texts: ['yes', 'no', 'yes', '', 'aye'] }), context);
    expect(asking.next().value).toMatchObject({
      kind: 'read',
      reading: 'embed',
      backend: 'local',
      reward: 'meaning',
      request: { model: 'small', texts: ['yes', 'no', 'aye'] },
    });
    const turn = asking.next(
      answer([
        [1, 0],
        [0, -2],
        [0.8, 0.6],
      ]),
    );
    expect(turn.done).toBe(true);
    expect(turn.value).toMatchObject({ index: 0, ranking: [0, 2, 4, 1, 3], degraded: false, detail: { utility: 'embedding' } });
  });

  test('where the model fails the tokens decide, and it says so', () => {
    const asking = rule.select(contenders({ texts }), context);
    asking.next();
    const turn = asking.next({ kind: 'read', result: { ok: false, reason: 'backend_unreachable' } });
    expect(turn.value).toMatchObject({ index: 0, degraded: true, reason: 'embedding_failed', detail: { utility: 'token_f1' } });
  });

  test('whom it asks is known beforehand', () => {
    expect(rule.asks(context)).toEqual({ reward: { kind: 'similarity', name: 'meaning' }, option: 'utility.reward' });
    expect(startRule('minimum_bayes_risk', {}).asks(context)).toBe(undefined);
  });
});
