import { expect, test } from 'vitest';
import type { Score } from '../../src/operation.ts';
import { rank } from '../../src/requests/relevance.ts';
import { LOGIT, PROBABILITY, UNBOUNDED } from '../../src/rewards/define.ts';

const valid = (value: number): Score => ({ ok: true, value });
const failed: Score = { ok: false, reason: 'too_long' };
const texts = ['a', 'b', 'c', 'd'];
const options = { scale: LOGIT, topN: 9, raw: false, repeat: false };

test('texts by score, ties by place, logits as probabilities', () => {
  const { results, warnings } = rank([valid(0), valid(2), valid(-800), valid(0)], texts, options);
  expect(results.map(({ index }) => index)).toEqual([1, 0, 3, 2]);
  expect(results.map(({ relevance_score }) => relevance_score)).toEqual([expect.closeTo(0.880797, 6), 0.5, 0.5, 0]);
  expect(warnings).toEqual([]);
});

test('large logits are ranked by themselves, though their probabilities are one number', () => {
  expect(rank([valid(40), valid(60)], texts, options).results.map(({ index }) => index)).toEqual([1, 0]);
});

test('a probability is told as it is, and so is a raw logit', () => {
  expect(rank([valid(0.25)], texts, { ...options, scale: PROBABILITY }).results[0]!.relevance_score).toBe(0.25);
  expect(rank([valid(-3)], texts, { ...options, raw: true }).results[0]!.relevance_score).toBe(-3);
});

test('a reward without a scale of its own: the place between the least and the most, and it says so', () => {
  const { results, warnings } = rank([valid(-11), valid(-1), valid(-6)], texts, { ...options, scale: UNBOUNDED });
  expect(results.map(({ relevance_score }) => relevance_score)).toEqual([1, 0.5, 0]);
  expect(warnings).toHaveLength(1);
  expect(rank([valid(-3)], texts, { ...options, scale: UNBOUNDED }).results[0]!.relevance_score).toBe(0.5);
});

test('`topN` is clamped; texts are repeated where that is wished', () => {
  const { results } = rank([valid(1), valid(2)], texts, { ...options, topN: 1, repeat: true });
  expect(results).toEqual([{ index: 1, relevance_score: expect.any(Number), document: { text: 'b' } }]);
});

test('a text whose score failed is left out and named', () => {
  const { results, warnings } = rank([failed, valid(1)], texts, options);
  expect(results.map(({ index }) => index)).toEqual([1]);
  expect(warnings).toEqual(['Document 0 could not be scored: too_long.']);
});
