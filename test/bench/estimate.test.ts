import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chosen } from '../../bench/accuracy/chosen.ts';
import { bestOfK, distinctOfK, endingAt, meanOverSubsets, type Ranked, voteCredit } from '../../bench/accuracy/estimate.ts';
import { mulberry32 } from '../../src/random.ts';
import { majorityVote } from '../../src/selection/majority-vote.ts';

const samples = (scores: readonly (number | null)[], right: readonly number[]): Ranked[] =>
  scores.map((score, place) => ({ score, right: right[place] === 1, finished: true }));

test('a reward whose favourite is wrong: best-of-k rises, then falls (methods A.3)', () => {
  const curve = bestOfK(samples([0.1, 0.4, 0.2, 0.9, 0.5], [0, 1, 0, 0, 1]));
  for (const [place, expected] of [0.4, 0.5, 0.4, 0.2, 0].entries()) expect(curve[place]).toBeCloseTo(expected, 12);
});

test('a tie is worth the mean of those that tie', () => {
  expect(bestOfK(samples([1, 1], [1, 0]))).toEqual([0.5, 0.5]);
  expect(bestOfK(samples([1, 1, 0], [1, 0, 1]))[2]).toBe(0.5);
});

test('a failed score ranks last, and a cut sample after every finished one', () => {
  expect(bestOfK(samples([null, -3], [1, 0]))).toEqual([0.5, 0]);
  const cut: Ranked = { right: true, finished: false, score: 9 };
  expect(bestOfK([cut, ...samples([null], [0])])).toEqual([0.5, 0]);
});

test('best-of-k equals the mean over all k-subsets of the best one', () => {
  const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean()), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(scored, (given) => {
      const pool = given.map(([score, right]) => ({ score, right, finished: true }));
      const best = (subset: readonly number[]) => {
        const most = Math.max(...subset.map((place) => pool[place]!.score));
        const tied = subset.filter((place) => pool[place]!.score === most);
        return tied.filter((place) => pool[place]!.right).length / tied.length;
      };
      for (const [place, expected] of bestOfK(pool).entries()) {
        const mean = meanOverSubsets({ n: pool.length, k: place + 1, limit: 1000, random: () => 0 }, best);
        expect(expected).toBeCloseTo(mean, 9);
      }
    }),
  );
});

const labels = ['7', '7', '8', '9', '7'];
const majority = (subset: readonly number[]) => {
  const contenders = subset.map((place, index) => ({ index, answer: labels[place]!, score: null, tokens: null, text: '' }));
  return voteCredit(chosen(majorityVote, contenders, { output: 'unknown' }), '7');
};

test.each([
  [1, 0.6],
  [2, 0.6],
  [3, 0.8],
  [5, 1],
])('expected majority of %d of the labels 7 7 8 9 7 is %d (methods A.3)', (k, expected) => {
  expect(meanOverSubsets({ n: 5, k, limit: 100, random: () => 0 }, majority)).toBeCloseTo(expected, 12);
});

test('drawn subsets come near the mean over all, by four standard errors', () => {
  const drawn = meanOverSubsets({ n: 5, k: 3, limit: 9, random: mulberry32(1) }, majority);
  expect(drawn).toBe(meanOverSubsets({ n: 5, k: 3, limit: 9, random: mulberry32(1) }, majority));
  const many = Array.from({ length: 500 }, (_, seed) =>
    meanOverSubsets({ n: 5, k: 3, limit: 9, random: mulberry32(seed) }, majority),
  );
  const mean = many.reduce((sum, one) => sum + one, 0) / many.length;
  expect(Math.abs(mean - 0.8)).toBeLessThan(4 * (0.5 / Math.sqrt(500 * 9)));
});

test('a subset has k different members', () => {
  meanOverSubsets({ n: 40, k: 20, limit: 5, random: mulberry32(7) }, (subset) => {
    expect(new Set(subset).size).toBe(20);
    expect(Math.max(...subset)).toBeLessThan(40);
    return 0;
  });
});

test('no answer at all earns nothing', () => {
  const contenders = [0, 1].map((index) => ({ index, answer: null, score: null, tokens: null, text: '' }));
  expect(voteCredit(chosen(majorityVote, contenders, { output: 'unknown' }), '7')).toBe(0);
});

test('different texts among k: one of a pair and a single, drawn from both', () => {
  expect(distinctOfK([2, 1], 1)).toBeCloseTo(1, 12);
  expect(distinctOfK([2, 1], 2)).toBeCloseTo(1 + 2 / 3, 12);
  expect(distinctOfK([2, 1], 3)).toBeCloseTo(2, 12);
});

test('samples that are drawn until one is accepted: as over every order of them', () => {
  const samples = [
    { right: true, finished: true, score: 0.9, tokens: 10 },
    { right: false, finished: true, score: 0.95, tokens: 20 },
    { right: false, finished: true, score: 0.2, tokens: 30 },
    { right: false, finished: false, score: 0.99, tokens: 50 }, // cut: never accepted
    { right: false, finished: true, score: null, tokens: 70 },
  ];
  const orders = permutations(samples);
  for (const accept of [0.1, 0.9, 0.95, 0.97]) {
    const drawn = orders.map((order) => {
      const place = order.findIndex(({ finished, score }) => finished && score !== null && score >= accept);
      const taken = place < 0 ? order : order.slice(0, place + 1);
      const chosen = place < 0 ? samples[1]! : order[place]!; // the best of all
      return { right: Number(chosen.right), tokens: taken.reduce((sum, { tokens }) => sum + tokens, 0) };
    });
    const meanOf = (of: 'right' | 'tokens') => drawn.reduce((sum, one) => sum + one[of], 0) / orders.length;
    const { right, tokens } = endingAt(samples, accept);
    expect(right).toBeCloseTo(meanOf('right'), 12);
    expect(tokens).toBeCloseTo(meanOf('tokens'), 9);
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, place) => permutations(items.toSpliced(place, 1)).map((rest) => [item, ...rest]));
}
