import { expect, test } from 'vitest';
import { rankVotes } from '../../src/selection/ranks.ts';
import { choose, contenders, logits, probabilities, sure } from './contenders.ts';

const confidences = [0.9, 0.2, 0.5, 0.4];
const answers = ['A', 'B', 'B', 'C'];
const weights = (clusters: readonly { answer: string; weight: number }[] = []) =>
  Object.fromEntries(clusters.map(({ answer, weight }) => [answer, weight]));

test.each([
  { power: 0, votes: { A: 1, B: 2, C: 1 } },
  { power: 0.5, votes: { A: 2, B: 2.732050807568877, C: Math.SQRT2 } },
  { power: 1, votes: { A: 4, B: 4, C: 2 } },
  { power: 2, votes: { A: 16, B: 10, C: 4 } },
])('votes at power $power, by confidence, by score, and as a map of the weighted vote (methods A.9)', ({ power, votes }) => {
  const top = confidences.map((confidence) => sure(confidence));
  const byConfidence = choose('borda', contenders({ answers, top }), { power });
  const byScore = choose('borda', contenders({ answers, scores: confidences }), { power, by: 'score' });
  const map = choose('weighted_vote', contenders({ answers, scores: confidences }), { power, weight_map: 'rank' });
  for (const { clusters } of [byConfidence, byScore, map])
    for (const [answer, vote] of Object.entries(votes)) expect(weights(clusters)[answer]).toBeCloseTo(vote, 12);
});

test('equal weights: the answer that came first; equal measures: the earlier candidate ranks higher (methods A.11)', () => {
  expect(choose('borda', contenders({ answers, scores: confidences }), { by: 'score' }).answer).toBe('A');
  expect(rankVotes([3, 5, 3, 5], 1)).toEqual([2, 4, 1, 3]);
});

test('only candidates with an answer and a measure hold ranks (methods A.9, A.11)', () => {
  const choice = choose('borda', contenders({ answers: [null, 'A', 'B', 'B'], scores: [9, 5, 'failed', 1] }), { by: 'score' });
  expect(weights(choice.clusters)).toEqual({ A: 2, B: 1 });
  expect(choice).toMatchObject({ index: 1, coverage: 0.75 });
});

test('ranks forget the scale: any increasing map of the scores gives the same vote', () => {
  const scores = [-3, 0.5, 2, 40];
  const shaped = scores.map((score) => Math.exp(score));
  const vote = (values: number[], context = logits) =>
    choose('borda', contenders({ answers: ['A', 'B', 'B', 'A'], scores: values }), { by: 'score' }, context);
  expect(vote(shaped)).toEqual(vote(scores));
  expect(vote([0.1, 0.2, 0.3, 0.4], probabilities)).toEqual(vote(scores));
});

test('what is missing is told', () => {
  expect(choose('borda', contenders({ answers: ['a', 'b', 'b'] }))).toMatchObject({ answer: 'b', reason: 'no_logprobs' });
  expect(choose('borda', contenders({ answers: ['a', 'b', 'b'], scores: ['x', 'x', 'x'] }), { by: 'score' })).toMatchObject({
    answer: 'b',
    reason: 'all_scores_invalid',
  });
  expect(choose('borda', contenders({ answers: [null, null], scores: [1, 2] }), { by: 'score' })).toMatchObject({
    index: 1,
    reason: 'no_answers',
  });
  expect(choose('borda', contenders({ answers: ['a', null], scores: ['x', 2] }), { by: 'score' })).toMatchObject({
    index: 0,
    degraded: true,
  });
});
