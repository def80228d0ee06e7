import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mulberry32, subSeed } from '../../src/random.ts';
import { softmaxShares } from '../../src/selection/shares.ts';
import { choose, contenders, logits } from './contenders.ts';

const near = (values: readonly number[], expected: readonly number[]) => {
  expect(values).toHaveLength(expected.length);
  for (const [place, value] of values.entries()) expect(Math.abs(value - expected[place]!)).toBeLessThan(1e-9);
};

test.each([
  { temperature: 1, shares: [0.6652409557748218, 0.24472847105479764, 0.09003057317038046] },
  { temperature: 0.5, shares: [0.8668133321973347, 0.11731042782619835, 0.015876239976466762] },
])('shares of 2, 1, 0 at temperature $temperature (methods A.5)', ({ temperature, shares }) => {
  near(softmaxShares([2, 1, 0], temperature), shares);
  const { detail } = choose('softmax', contenders({ scores: [2, 1, 0] }), { temperature });
  near(Object.values(detail!.probabilities as Record<string, number>), shares);
});

test('temperature 0, and all up to a millionth, is argmax with its ties (methods A.5)', () => {
  const given = contenders({ scores: [1, 3, 'failed', 3], tokens: [1, 9, 1, 4] });
  for (const temperature of [0, 1e-9, 1e-6])
    for (const seed of [0, 1, 2, 3, 4])
      expect(choose('softmax', given, { temperature }, { ...logits, seed })).toMatchObject({ index: 3, ranking: [3, 1, 0, 2] });
});

test('a temperature below 0 is refused', () => {
  expect(() => choose('softmax', contenders({ scores: [1, 2] }), { temperature: -0.1 })).toThrow(/temperature/);
});

test('the draw is the seed’s: the first whose cumulative share is above the uniform number', () => {
  const scores = [2, 1, 0];
  const shares = softmaxShares(scores, 1);
  for (let seed = 0; seed < 200; seed++) {
    const uniform = mulberry32(subSeed(seed, 'softmax', 0))();
    const expected = uniform < shares[0]! ? 0 : uniform < shares[0]! + shares[1]! ? 1 : 2;
    const choice = choose('softmax', contenders({ scores }), {}, { ...logits, seed });
    expect(choice.index).toBe(expected);
    expect(choice.ranking.slice(1)).toEqual([0, 1, 2].filter((place) => place !== expected));
  }
});

test('each is drawn as often as its share says, within four standard errors', () => {
  const runs = 4000;
  const counts = [0, 0, 0];
  for (let seed = 0; seed < runs; seed++)
    counts[choose('softmax', contenders({ scores: [2, 1, 0] }), {}, { ...logits, seed }).index]!++;
  for (const [place, share] of [0.6652409557748218, 0.24472847105479764, 0.09003057317038046].entries())
    expect(Math.abs(counts[place]! / runs - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / runs));
});

test('a failed score has no share: it is never drawn, however hot, and never 0', () => {
  const given = contenders({ scores: [-900, 'failed', -901, Number.NaN] });
  for (let seed = 0; seed < 100; seed++) {
    const { index, ranking } = choose('softmax', given, { temperature: 1000 }, { ...logits, seed });
    expect([0, 2]).toContain(index);
    expect(ranking.slice(2)).toEqual([1, 3]);
  }
});

test('no valid score: the majority, else the first, and it says so (methods 0.2)', () => {
  expect(choose('softmax', contenders({ scores: ['x', 'x', 'x'], answers: ['a', 'b', 'b'] }))).toMatchObject({
    index: 1,
    degraded: true,
    reason: 'all_scores_invalid',
  });
});

test('scores of any size give shares that sum to 1, and are none of them NaN', () => {
  const scores = fc.array(fc.double({ noNaN: true, min: -1e308, max: 1e308 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(scores, fc.double({ min: 1e-5, max: 1e5, noNaN: true }), (values, temperature) => {
      const shares = softmaxShares(values, temperature);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1)).toBeLessThan(1e-9);
    }),
  );
});
