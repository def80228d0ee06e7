import { expect, test } from 'vitest';
import { mulberry32 } from '../../src/random.ts';
import { choose, contenders, probabilities } from './contenders.ts';

test('counts, share and coverage; failed extractions are no cluster (methods A.2)', () => {
  expect(choose('majority_vote', contenders({ answers: ['7', '7', null, '8', null] }))).toEqual({
    index: 0,
    ranking: [0, 1, 3, 2, 4],
    degraded: false,
    answer: '7',
    share: 2 / 3,
    coverage: 0.6,
    clusters: [
      { answer: '7', members: [0, 1], weight: 2 },
      { answer: '8', members: [3], weight: 1 },
    ],
  });
});

test('one answer among failures wins with a low coverage, which min_coverage flags (methods A.2)', () => {
  const given = contenders({ answers: [null, null, null, '5'] });
  expect(choose('majority_vote', given)).toMatchObject({ index: 3, answer: '5', share: 1, coverage: 0.25, degraded: false });
  expect(choose('majority_vote', given, { min_coverage: 0.25 })).toMatchObject({ degraded: false });
  expect(choose('majority_vote', given, { min_coverage: 0.26 })).toMatchObject({
    index: 3,
    degraded: true,
    reason: 'low_coverage',
  });
});

test.each([
  {
    name: 'a tie goes to the cluster that began first, not to the smaller text',
    answers: ['9', '1', '1', '9'],
    scores: [],
    index: 0,
  },
  { name: 'a tie goes to the larger sum of weights', answers: ['9', '1', '1', '9'], scores: [0.1, 0.9, 0.2, 0.1], index: 1 },
  { name: 'scores do not outvote a majority', answers: ['1', '9', '9'], scores: [0.99, 0.1, 0.2], index: 2 },
  { name: 'an invalid score keeps its vote', answers: ['1', '9', '9'], scores: [0.99, 'x', 'x'], index: 1 },
  { name: 'the best of the cluster stands for it', answers: ['9', '9', '1'], scores: [0.1, 0.3, 0.9], index: 1 },
])('majority vote: $name (methods A.2, 0.8)', ({ answers, scores, index }) => {
  expect(choose('majority_vote', contenders({ answers, scores }), {}, probabilities)).toMatchObject({ index, degraded: false });
});

test('the shortest stands for a cluster where no reward is in play (methods 0.3)', () => {
  expect(choose('majority_vote', contenders({ answers: ['9', '9', '1'], tokens: [30, 20, 1] })).index).toBe(1);
});

test('ranking: the winner best first, then clusters by weight, then those without an answer', () => {
  const given = contenders({ answers: [null, 'b', 'a', 'a', 'b', 'a', null], scores: [0.1, 0.2, 0.3, 0.9, 0.8, 0.5, 0.7] });
  expect(choose('majority_vote', given, {}, probabilities).ranking).toEqual([3, 5, 2, 4, 1, 6, 0]);
});

test('no answer at all: by score, else the lowest index, and degraded (methods A.2, A.11)', () => {
  const none = { degraded: true, reason: 'no_answers', answer: null, share: 0, coverage: 0, clusters: [] };
  expect(choose('majority_vote', contenders({ answers: [null, null], scores: [1, 2] }))).toEqual({
    index: 1,
    ranking: [1, 0],
    ...none,
  });
  expect(choose('majority_vote', contenders({ answers: [null, null], tokens: [5, 1] }))).toEqual({
    index: 0,
    ranking: [0, 1],
    ...none,
  });
  expect(choose('majority_vote', contenders({ answers: [null, null], scores: ['x', 'x'], tokens: [5, 1] }))).toMatchObject({
    index: 0,
  });
});

test.each([
  { p: 0.6, n: 5, expected: 0.68256 },
  { p: 0.6, n: 15, expected: 0.786896817389568 },
  { p: 0.4, n: 5, expected: 0.31744 },
])('$n independent voters of accuracy $p are right with probability $expected (methods A.2, Condorcet)', ({ p, n, expected }) => {
  const random = mulberry32(42);
  const problems = 4000;
  const right = Array.from({ length: problems }, () => {
    const answers = Array.from({ length: n }, () => (random() < p ? 'right' : 'wrong'));
    return choose('majority_vote', contenders({ answers })).answer === 'right';
  }).filter(Boolean).length;
  const standardError = Math.sqrt((expected * (1 - expected)) / problems);
  expect(Math.abs(right / problems - expected)).toBeLessThan(4 * standardError);
});
