import { expect, test } from 'vitest';
import { bestOfNCurves, pointsOf, type Sampled, voteCurves } from '../../bench/accuracy/curves.ts';
import { report } from '../../bench/accuracy/report.ts';
import type { TightLine } from '../../bench/accuracy/tight.ts';

const sample = (answer: number, outcome: number | null, finish = 'stop') => ({
  text: `Answer: ${answer}`,
  finish,
  tokens: 10,
  scores: { outcome, process: 0.5 },
});

/** The labels of methods A.3, 7 7 8 9 7 with 7 right; the outcome reward prefers a wrong one. */
const sampled: Sampled = {
  problem: { task: 'chains', group: 'Chains', id: 'chain-1', prompt: 'Start with 3, add 4.', answer: 7 },
  line: {
    id: 'chain-1',
    seed: 1,
    greedy: { text: 'Answer: 7', finish: 'stop', tokens: 10 },
    samples: [sample(7, 1), sample(7, 1), sample(8, 4), sample(9, -4), sample(7, 1)],
    cost: { outcome: { texts: 3, tokens: 60 }, process: { texts: 3, tokens: 60 } },
    odd: [],
  },
};

const answer = { type: 'number', methods: ['phrase'] } as const;
const curvesOf = (one: Sampled) => [
  ...bestOfNCurves([one]),
  ...voteCurves([one], { ...answer, methods: [...answer.methods] }, { outcome: 'logit', process: 'probability' }),
];
const curve = (method: string, one = sampled) => {
  const { ns, right } = curvesOf(one).find((found) => found.method === method)!;
  return Object.fromEntries(ns.map((n, place) => [n, right[place]![0]!]));
};

test('tables show 1, 2, 4, ... of the samples that there are', () => {
  const [oracle] = bestOfNCurves([sampled]);
  expect(pointsOf(oracle!, 10).map(({ n, tokens }) => [n, tokens])).toEqual([
    [1, 10],
    [2, 20],
    [4, 40],
  ]);
});

test('one sample is the same in every curve, whatever chooses', () => {
  for (const { right } of curvesOf(sampled)) expect(right[0]![0]).toBeCloseTo(0.6, 12);
});

test('votes follow the labels, and a reward that prefers a wrong one misleads best-of-N (methods A.3)', () => {
  expect(curve('majority')[2]).toBeCloseTo(0.6, 12);
  expect(curve('majority')[4]).toBeCloseTo(1, 12);
  expect(curve('oracle')[2]).toBeCloseTo(0.9, 12);
  expect(curve('outcome')[5]).toBe(0);
  expect(curve('process')[5]).toBeCloseTo(0.6, 12); // all tie
});

test('a cut sample neither votes nor wins while a finished one exists', () => {
  const samples = [sample(7, 9, 'length'), sample(8, 1)];
  const cut = { ...sampled, line: { ...sampled.line, samples } };
  expect(curve('outcome', cut)).toEqual({ 1: 0, 2: 0 });
  expect(curve('majority', cut)).toEqual({ 1: 0, 2: 0 });
});

test('an equal text is scored once: what the reward reads grows with the different texts', () => {
  const { rewardTokens } = bestOfNCurves([sampled]).find(({ method }) => method === 'outcome')!;
  expect(rewardTokens[0]).toBeCloseTo(20, 9);
  expect(rewardTokens[1]).toBeCloseTo(20 * (1 + 0.7), 9); // of 10 pairs 3 are two of the same
  expect(rewardTokens[4]).toBeCloseTo(60, 9);
});

test('a tight budget is judged by what is left while a candidate is open', () => {
  const line = (over: Partial<TightLine>): TightLine => ({
    id: 'chain-1',
    seed: 1,
    limit: 40,
    tokens: 35,
    finished: 3,
    open: 13,
    right: true,
    odd: [],
    ...over,
  });
  const tight = [line({}), line({ tokens: 20, open: 0, finished: 16 }), line({ tokens: 41, finished: 2, right: false })];
  const measured = { title: 'Chains', sampled: [sampled], curves: curvesOf(sampled), searches: [], tight };
  expect(report(measured).tight).toMatchObject({ finished: 7, leastFinished: 2, open: 2, mostLeftWhileOpen: 5, overspent: 1 });
  expect(report({ ...measured, tight: [] }).tight).toBeUndefined();
});

test('gains are of the same problems: the choice less greedy', () => {
  const { gains, greedy } = report({ title: 'Chains', sampled: [sampled], curves: curvesOf(sampled), searches: [], tight: [] });
  expect(greedy.accuracy.value).toBe(1);
  expect(gains.find(({ title }) => title === 'one of 5 right (oracle) less greedy')?.difference.value).toBeCloseTo(0, 12);
  expect(gains.find(({ title }) => title === 'best-of-5 by outcome less greedy')?.difference.value).toBeCloseTo(-1, 12);
});
