/** Laws of the estimators (methods M.1, M.3, M.6, M.17). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { klBestOfN, klUpperBound } from '../../src/evaluation/divergence.ts';
import {
  averagedInTies,
  bestOfKWeights,
  expectedBestOfK,
  expectedWinningScore,
  passAtK,
  rankWorstFirst,
} from '../../src/evaluation/estimators.ts';
import { ballotOf, expectedMajority } from '../../src/evaluation/majority.ts';
import { fitBeta, halved, passAtN } from '../../src/evaluation/prediction.ts';
import { auroc, comparePairs, pairwiseAccuracy } from '../../src/evaluation/ranking-metrics.ts';
import { regret, rewardDistance } from '../../src/evaluation/reward-distance.ts';

const sixtyFourths = fc.integer({ min: -6400, max: 6400 }).map((value) => value / 64);
const labelled = fc.array(fc.record({ score: fc.option(sixtyFourths), gold: fc.integer({ min: 0, max: 1 }) }), {
  minLength: 1,
  maxLength: 12,
});
const split = (items: { score: number | null; gold: number }[]) => ({
  scores: items.map(({ score }) => score),
  gold: items.map(({ gold }) => gold),
});

test('pass@k never falls in k or in c; the weights of best-of-k sum to 1 (methods M.6)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 64 }), fc.nat(), fc.nat(), (n, someC, someK) => {
      const [c, k] = [someC % n, 1 + (someK % (n - 1))];
      expect(passAtK(n, c, k + 1)).toBeGreaterThanOrEqual(passAtK(n, c, k) - 1e-12);
      expect(passAtK(n, c + 1, k)).toBeGreaterThanOrEqual(passAtK(n, c, k) - 1e-12);
      expect(bestOfKWeights(n, k).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
    }),
  );
});

test('the expected score of the best of k never falls in k (methods M.6)', () => {
  fc.assert(
    fc.property(fc.array(sixtyFourths, { minLength: 2, maxLength: 40 }), (scores) => {
      const ranking = rankWorstFirst(scores);
      const by = scores.map((_, place) => expectedWinningScore(ranking, scores, place + 1)!);
      for (const [place, value] of by.entries()) if (place > 0) expect(value).toBeGreaterThanOrEqual(by[place - 1]! - 1e-9);
    }),
  );
});

test('a reward that is gold reaches pass@k', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 24 }), fc.nat(), (gold, some) => {
      const k = 1 + (some % gold.length);
      const right = gold.filter((one) => one === 1).length;
      expect(expectedBestOfK(averagedInTies(rankWorstFirst(gold), gold), k)).toBeCloseTo(passAtK(gold.length, right, k), 9);
    }),
  );
});

test('the order of candidates changes nothing (methods M.1)', () => {
  fc.assert(
    fc.property(labelled, fc.nat(), (items, some) => {
      const k = 1 + (some % items.length);
      const value = (all: typeof items) => {
        const { scores, gold } = split(all);
        return expectedBestOfK(averagedInTies(rankWorstFirst(scores), gold), k);
      };
      expect(value(items.toReversed())).toBeCloseTo(value(items), 9);
    }),
  );
});

test('expectations are those of all subsets, taken one by one', () => {
  fc.assert(
    fc.property(labelled, fc.nat(), (items, some) => {
      const { scores, gold } = split(items.slice(0, 8));
      const k = 1 + (some % scores.length);
      const subsets = Array.from({ length: 2 ** scores.length }, (_, mask) =>
        gold.flatMap((_, place) => ((mask >> place) & 1 ? [place] : [])),
      ).filter((subset) => subset.length === k);
      const credit = (subset: readonly number[]) => {
        const best = Math.max(...subset.map((place) => scores[place] ?? Number.NEGATIVE_INFINITY));
        const top = subset.filter((place) => (scores[place] ?? Number.NEGATIVE_INFINITY) === best);
        return top.reduce((sum, place) => sum + gold[place]!, 0) / top.length;
      };
      const mean = subsets.reduce((sum, subset) => sum + credit(subset), 0) / subsets.length;
      expect(expectedBestOfK(averagedInTies(rankWorstFirst(scores), gold), k)).toBeCloseTo(mean, 9);
    }),
  );
});

const answers = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd')), { minLength: 1, maxLength: 9 });

test('expected majority is that of all subsets, taken one by one; failed answers never vote (methods M.3)', () => {
  fc.assert(
    fc.property(answers, fc.nat(), (given, some) => {
      const gold = given.map((one) => Number(one === 'a'));
      const k = 1 + (some % given.length);
      let [sum, count] = [0, 0];
      for (let mask = 0; mask < 2 ** given.length; mask++) {
        const subset = given.filter((_, place) => (mask >> place) & 1);
        if (subset.length !== k) continue;
        const votes = new Map<string, number>();
        for (const one of subset) if (one !== null) votes.set(one, (votes.get(one) ?? 0) + 1);
        const most = Math.max(0, ...votes.values());
        const leaders = [...votes].filter(([, count]) => count === most).map(([name]) => name);
        sum += leaders.includes('a') ? 1 / leaders.length : 0;
        count++;
      }
      expect(expectedMajority(ballotOf(given, gold), k, 1)).toBeCloseTo(sum / count, 9);
    }),
  );
});

test('above the bound of work the majority is drawn, and near the exact one', () => {
  const given = Array.from({ length: 600 }, (_, place) => (place % 10 < 4 ? 'a' : place % 10 < 7 ? 'b' : String(place)));
  const ballot = ballotOf(
    given,
    given.map((one) => Number(one === 'a')),
  );
  const exactly = expectedMajority(ballot, 40, 1); // 600 x 40^2 is below the bound
  expect(Math.abs(expectedMajority(ballot, 41, 1) - exactly)).toBeLessThan(
    4 * Math.sqrt((exactly * (1 - exactly)) / 256) + 0.005,
  );
});

test('the exact KL never exceeds its bound, and is 0 at N = 1 (methods M.17)', () => {
  const shares = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(shares, fc.integer({ min: 1, max: 256 }), (weights, n) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const probabilities = weights.map((weight) => weight / total);
      expect(klBestOfN(probabilities, n)).toBeLessThanOrEqual(klUpperBound(n) + 1e-12);
      expect(Math.abs(klBestOfN(probabilities, 1))).toBeLessThan(1e-12);
    }),
  );
});

test('a strictly increasing shaping changes no choice; distance knows no shift or scale (methods 0.6, F.2)', () => {
  fc.assert(
    fc.property(fc.array(sixtyFourths, { minLength: 2, maxLength: 20 }), (scores) => {
      const shaped = scores.map((score) => 2 * score + 3);
      expect(rankWorstFirst(shaped)).toEqual(rankWorstFirst(scores));
      expect(rewardDistance(scores, shaped)).toBeCloseTo(0, 6);
      expect(regret(shaped, scores)).toBe(0);
    }),
  );
});

test('AUROC by ranks and by pairs agree', () => {
  fc.assert(
    fc.property(labelled, (items) => {
      const [scores, gold] = [items.map(({ score }) => score ?? 0), items.map((one) => one.gold)];
      const [ranked, paired] = [auroc(scores, gold), pairwiseAccuracy(comparePairs(scores, gold))];
      if (ranked === null) expect(paired).toBeNull();
      else expect(ranked).toBeCloseTo(paired!, 9);
    }),
  );
});

test('a fit finds the Beta distribution that made the outcomes, and half of the samples predicts the whole', () => {
  const [a, b, n, problems] = [0.6, 1.4, 16, 1000];
  // the exact beta-binomial expectation of each count, by its recurrence
  let share = passNone(a, b, n);
  const outcomes = Array.from({ length: n + 1 }, (_, right) => {
    const one = { n, right, problems: problems * share };
    share *= ((n - right) * (a + right)) / ((right + 1) * (b + n - right - 1));
    return one;
  });
  const fit = fitBeta(outcomes)!;
  expect(fit.a).toBeCloseTo(a, 2);
  expect(fit.b).toBeCloseTo(b, 2);
  const half = fitBeta(halved(outcomes))!;
  expect(passAtN(half, [16])[0]).toBeCloseTo(1 - passNone(a, b, 16), 3);
});

const passNone = (a: number, b: number, n: number): number =>
  Array.from({ length: n }, (_, i) => (b + i) / (a + b + i)).reduce((product, one) => product * one, 1);

test('outcomes that are all alike still fit: nothing right, all right, one sample', () => {
  expect(passAtN(fitBeta([{ n: 8, right: 0, problems: 50 }])!, [64])[0]).toBeLessThan(0.02);
  expect(passAtN(fitBeta([{ n: 8, right: 8, problems: 50 }])!, [1])[0]).toBeGreaterThan(0.98);
  expect(fitBeta([{ n: 1, right: 1, problems: 9 }])).toBeNull();
  expect(fitBeta([])).toBeNull();
});
