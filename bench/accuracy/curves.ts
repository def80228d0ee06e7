/** Accuracy of best-of-N and votes for every N, from the samples that were drawn once. */
import type { AnswerConfig } from '../../schemas/config.ts';
import { canonicalKey } from '../../src/answers/canonical.ts';
import { extract } from '../../src/answers/extract.ts';
import { passAtK } from '../../src/evaluation/estimators.ts';
import { mulberry32, subSeed } from '../../src/random.ts';
import type { Rule, SelectionContext } from '../../src/selection/define.ts';
import { majorityVote } from '../../src/selection/majority-vote.ts';
import { weightedVote } from '../../src/selection/weighted-vote.ts';
import { chosen } from './chosen.ts';
import { bestOfK, distinctOfK, meanOverSubsets, voteCredit } from './estimate.ts';
import { type Interval, meanOf } from './intervals.ts';
import { isRight, type Problem } from './problems.ts';
import { type Reward, type SampleLine, type Scored, SEED } from './samples.ts';

/** A problem with what was sampled for it. */
export interface Sampled {
  readonly problem: Problem;
  readonly line: SampleLine;
}

/** Expected accuracy of one way to choose among N samples. */
export interface Curve {
  readonly method: Method;
  /** N of each row of `right`, ascending. */
  readonly ns: readonly number[];
  /** Expectation of being right, by N and problem. */
  readonly right: readonly (readonly number[])[];
  /** Mean tokens that the reward reads a problem, by N. */
  readonly rewardTokens: readonly number[];
}

export type Method = 'oracle' | 'outcome' | 'process' | 'majority' | 'weighted outcome' | 'weighted process';

/** What a curve says of one N, with means a problem. */
export interface Point {
  readonly n: number;
  readonly accuracy: Interval;
  /** Sampled by the policy. */
  readonly tokens: number;
  readonly rewardTokens: number;
}

/** The points of a curve that tables and pictures show. @param perSample  mean tokens of one sample */
export function pointsOf({ ns, right, rewardTokens }: Curve, perSample: number): Point[] {
  return powers(ns.at(-1) ?? 0).map((n) => {
    const place = ns.indexOf(n);
    return { n, accuracy: meanOf(right[place]!, SEED), tokens: n * perSample, rewardTokens: rewardTokens[place]! };
  });
}

/** 1, 2, 4, ... to at most n. */
const powers = (n: number): number[] => Array.from({ length: Math.floor(Math.log2(n)) + 1 }, (_, power) => 2 ** power);

const SUBSETS = 64; // drawn a problem and N for the votes: over 500 problems they add less than 0.3 points of noise

/** The best that any choice can do, and best-of-N by each reward, for every N up to the samples that there are. */
export function bestOfNCurves(sampled: readonly Sampled[]): Curve[] {
  const n = sampled[0]?.line.samples.length ?? 0;
  const ns = Array.from({ length: n }, (_, place) => place + 1);
  const oracle = sampled.map(({ problem, line }) => {
    const right = line.samples.filter((sample) => isRight(problem, sample)).length;
    return ns.map((k) => passAtK(n, right, k));
  });
  const byReward = (reward: Reward) =>
    sampled.map(({ problem, line }) =>
      bestOfK(
        line.samples.map((sample) => ({
          right: isRight(problem, sample),
          finished: sample.finish === 'stop',
          score: sample.scores[reward],
        })),
      ),
    );
  return [
    { method: 'oracle', ns, right: byN(oracle), rewardTokens: ns.map(() => 0) },
    { method: 'outcome', ns, right: byN(byReward('outcome')), rewardTokens: rewardTokens(sampled, 'outcome', ns) },
    { method: 'process', ns, right: byN(byReward('process')), rewardTokens: rewardTokens(sampled, 'process', ns) },
  ];
}

/** Majority and weighted votes for N = 1, 2, 4, ... by the rules of src/selection, over seeded subsets. */
export function voteCurves(
  sampled: readonly Sampled[],
  answer: AnswerConfig,
  outputs: Readonly<Record<string, SelectionContext['output']>>,
): Curve[] {
  const ns = powers(sampled[0]?.line.samples.length ?? 0);
  const curve = (method: Method, rule: Rule, reward: Reward | null): Curve => {
    const context: SelectionContext = { output: reward === null ? 'unknown' : (outputs[reward] ?? 'unknown') };
    const right = sampled.map((one) => voteOfEachN(one, ns, { rule, reward, context, answer }));
    return { method, ns, right: byN(right), rewardTokens: reward ? rewardTokens(sampled, reward, ns) : ns.map(() => 0) };
  };
  return [
    curve('majority', majorityVote, null),
    curve('weighted outcome', weightedVote, 'outcome'),
    curve('weighted process', weightedVote, 'process'),
  ];
}

interface Ballot {
  readonly rule: Rule;
  readonly reward: Reward | null;
  readonly context: SelectionContext;
  readonly answer: AnswerConfig;
}

function voteOfEachN({ problem, line }: Sampled, ns: readonly number[], { rule, reward, context, answer }: Ballot): number[] {
  if (problem.task !== 'chains') throw new Error('Only chains have an answer to vote on.');
  const right = canonicalKey(String(problem.answer));
  if (!right.ok) throw new Error(`The answer of ${problem.id} has no key.`);
  const voters = line.samples.map((sample) => ({ answer: keyOf(sample, answer), score: scoreOf(sample, reward) }));
  return ns.map((k) => {
    const random = mulberry32(subSeed(SEED, `vote ${k}`, problem.id)); // the same subsets for every rule
    return meanOverSubsets({ n: voters.length, k, limit: SUBSETS, random }, (subset) => {
      const contenders = subset.map((place, index) => ({ ...voters[place]!, index, tokens: null, text: '' }));
      return voteCredit(chosen(rule, contenders, context), right.key);
    });
  });
}

function keyOf({ text, finish }: Scored, answer: AnswerConfig): string | null {
  const read = extract(text, finish === 'stop' ? 'stop' : 'length', answer);
  return read.ok ? read.key : null;
}

function scoreOf({ scores }: Scored, reward: Reward | null) {
  if (reward === null) return null;
  const value = scores[reward];
  return value === null ? { ok: false as const, reason: 'failed' } : { ok: true as const, value };
}

/** From rows of problems to rows of N. */
const byN = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] ?? []).map((_, place) => rows.map((row) => row[place]!));

/** An equal text is scored once: the different texts that N samples hold on average, at the mean price of one. */
function rewardTokens(sampled: readonly Sampled[], reward: Reward, ns: readonly number[]): number[] {
  const each = sampled.map(({ line }) => {
    const { texts, tokens } = line.cost[reward];
    const sizes = Array.from(Map.groupBy(line.samples, ({ text }) => text).values(), (equal) => equal.length);
    return ns.map((k) => (texts === 0 ? 0 : (distinctOfK(sizes, k) * tokens) / texts));
  });
  return byN(each).map((row) => row.reduce((sum, tokens) => sum + tokens, 0) / row.length);
}
