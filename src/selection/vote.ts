import { z } from 'zod';
import { cluster } from '../answers/cluster.ts';
import type { Choice, Degradation } from './define.ts';
import { type Contender, ranked, validScore } from './order.ts';

interface Ballot {
  /** Of each contender, at least 0; the part of those without an answer counts nowhere. */
  readonly weights: readonly number[];
  /** Decide between clusters of equal weight; where they tie too, or are absent, the cluster that began first wins. */
  readonly tieWeights?: readonly number[] | undefined;
  readonly tieEpsilon: number;
}

/** The heaviest cluster of equal answers wins, and its best member stands for it (methods A.2, A.4). */
export function vote(contenders: readonly Contender[], { weights, tieWeights, tieEpsilon }: Ballot): Choice {
  const order = ranked(contenders, tieEpsilon);
  const place = new Map(order.map((position, rank) => [position, rank]));
  const clusters = cluster(contenders.map(({ answer }) => answer))
    .map(({ answer, members }) => ({ answer, members, weight: total(members, weights), tie: total(members, tieWeights ?? []) }))
    .sort((a, b) => b.weight - a.weight || b.tie - a.tie || a.members[0]! - b.members[0]!)
    .map(({ answer, members, weight }) => ({
      answer,
      members: members.toSorted((a, b) => place.get(a)! - place.get(b)!),
      weight,
    }));
  const winner = clusters[0];
  if (winner === undefined) throw new Error('A vote needs an answer: without one, choose by score.');
  const silent = order.filter((position) => contenders[position]!.answer === null);
  const allWeight = clusters.reduce((sum, { weight }) => sum + weight, 0);
  return {
    index: winner.members[0]!,
    ranking: [...clusters.flatMap(({ members }) => members), ...silent],
    degraded: false,
    answer: winner.answer,
    share: winner.weight / allWeight,
    coverage: (contenders.length - silent.length) / contenders.length,
    clusters,
  };
}

/** Sum in order of position, so that a replay gives the same last bit. */
const total = (members: readonly number[], weights: readonly number[]): number =>
  members.reduce((sum, member) => sum + (weights[member] ?? 0), 0);

/** One vote each: what majority vote is, and what rules fall back on. */
export function plainVote(contenders: readonly Contender[], tieEpsilon: number, tieWeights?: readonly number[]): Choice {
  return vote(contenders, { weights: contenders.map(() => 1), tieWeights, tieEpsilon });
}

/** Where no score is valid, answers decide, else the lowest index: generations are not thrown away (methods 0.2). */
export function withoutScores(contenders: readonly Contender[], tieEpsilon: number): Choice {
  const reason: Degradation = contenders.every(({ score }) => score === null) ? 'no_scores' : 'all_scores_invalid';
  const choice = hasAnswer(contenders)
    ? plainVote(contenders, tieEpsilon)
    : { index: 0, ranking: Array.from(contenders.keys()), answer: null, share: 0, coverage: 0, clusters: [] };
  return { ...choice, degraded: true, reason };
}

/** Where no answer was read, scores decide, else the lowest index (methods A.2). */
export function withoutAnswers(contenders: readonly Contender[], tieEpsilon: number): Choice {
  const scored = contenders.some((contender) => validScore(contender) !== null);
  const ranking = scored ? ranked(contenders, tieEpsilon) : Array.from(contenders.keys());
  return { index: ranking[0]!, ranking, degraded: true, reason: 'no_answers', answer: null, share: 0, coverage: 0, clusters: [] };
}

/** Where nobody said how sure it was, each answer has one vote. */
export function withoutLogprobs(contenders: readonly Contender[], tieEpsilon: number): Choice {
  if (hasAnswer(contenders)) return { ...plainVote(contenders, tieEpsilon), degraded: true, reason: 'no_logprobs' };
  const ranking = ranked(contenders, tieEpsilon);
  return {
    index: ranking[0]!,
    ranking,
    answer: null,
    share: 0,
    coverage: 0,
    clusters: [],
    degraded: true,
    reason: 'no_logprobs',
  };
}

export const minCoverage = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe('Below this part of candidates with an answer the choice is marked degraded (methods A.2).');

/** Says so where too few candidates had an answer to vote with. */
export const covered = (choice: Choice, least: number): Choice =>
  choice.degraded || choice.coverage === undefined || choice.coverage >= least
    ? choice
    : { ...choice, degraded: true, reason: 'low_coverage' };

export const hasAnswer = (contenders: readonly Contender[]): boolean => contenders.some(({ answer }) => answer !== null);
