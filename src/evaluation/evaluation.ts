/**
 * An evaluation under way: rows go in one after the other, each leaves a few numbers and is forgotten, and a report comes out.
 */
import type { AnswerConfig } from '../../schemas/config.ts';
import type { EvaluateRow, EvaluationOptions } from '../../schemas/evaluate.ts';
import { plus } from '../../schemas/usage.ts';
import { subSeed } from '../random.ts';
import { Biases } from './biases.ts';
import { type CandidateSet, candidateSet, type Reading } from './candidate-set.ts';
import { Choosing, type RowContext } from './choosing.ts';
import { Columns } from './columns.ts';
import { Distances } from './distances.ts';
import { passAtK } from './estimators.ts';
import { featuresOf } from './features.ts';
import { ballotOf, expectedMajority } from './majority.ts';
import { Ordering } from './ordering.ts';
import type { Outcome } from './prediction.ts';
import { Probes } from './probes.ts';

/** Everything that is measured of one reward. */
export interface Tally {
  readonly choosing: Choosing;
  readonly ordering: Ordering;
  readonly biases: Biases;
  readonly probes: Probes;
  valid: number;
  invalid: number;
  rows: number;
  /** Rows without any valid score. */
  degraded: number;
}

export interface Flagged {
  readonly line: number;
  readonly id: string | null;
  readonly reward: string | null;
  readonly why: string;
}

/** Tokens of a part of the work; null from the first unknown on. */
export interface Spent {
  readonly policy: number | null;
  readonly reward: number | null;
  readonly wasted: number | null;
}

const MOST_FLAGGED = 50;
export const MOST_REWARDS = 16;
const POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export class Evaluation {
  readonly options: EvaluationOptions;
  readonly seed: number;
  readonly #reading: Reading;
  readonly columns = new Columns();
  readonly tallies = new Map<string, Tally>();
  readonly distances = new Distances();
  readonly flagged: Flagged[] = [];
  readonly badRows: { line: number; message: string }[] = [];
  readonly fingerprints = new Set<string>();
  /** Of the models that scored here, by reward; none of those whose scores came with the rows. */
  readonly rewardFingerprints = new Map<string, ReadonlySet<string>>();
  /** By samples and right ones among them. */
  readonly #outcomes = new Map<number, Outcome>();
  readonly counts = { read: 0, used: 0, bad: 0, sampled: 0, too_few: 0, unlabelled: 0 };
  readonly sizes = { least: Number.POSITIVE_INFINITY, most: 0, total: 0 };
  readonly extraction = { failed: 0, of: 0, undecided: 0 };
  spent: Spent = { policy: 0, reward: 0, wasted: 0 };
  #wanted: readonly number[] | undefined;
  /** Rewards above the most that are told. */
  readonly left = new Set<string>();

  /** @param answer  how answers are read out of texts where the options do not say */
  constructor(options: EvaluationOptions, answer: AnswerConfig | null = null) {
    this.options = options;
    this.seed = options.seed ?? 0;
    this.#reading = { answer: options.answer ?? answer, check: options.check ?? {} };
    this.#wanted = options.grid && [...new Set(options.grid)].sort((a, b) => a - b);
  }

  /** A row that could not be read, or sampled for. */
  addBad(line: number, message: string): void {
    this.counts.read++;
    this.counts.bad++;
    if (this.badRows.length < MOST_FLAGGED) this.badRows.push({ line, message });
  }

  /**
   * Takes a labelled row in.
   *
   * @param spent  what it cost to sample and score it; absent for rows that came labelled, whose tokens are those they say
   */
  add(row: EvaluateRow, line: number, spent?: Spent): void {
    this.counts.read++;
    const set = candidateSet(row, line, this.#reading);
    this.spent = added(this.spent, spent ?? { policy: set.tokens, reward: null, wasted: null });
    if (set.size < this.options.min_candidates) {
      this.counts.too_few++;
      return;
    }
    const used = this.counts.used++;
    this.sizes.least = Math.min(this.sizes.least, set.size);
    this.sizes.most = Math.max(this.sizes.most, set.size);
    this.sizes.total += set.size;
    const right = set.gold?.map((gold) => gold >= this.options.right_from) ?? null;
    const context: RowContext = {
      row: used,
      grid: this.#grid(set.size),
      right,
      softmaxTemperature: this.options.softmax_temperature,
      seed: subSeed(this.seed, 'subsets', used),
    };
    if (!set.gold) this.counts.unlabelled++;
    else this.#addLabels(set, set.gold, context);
    this.#addRewards(set, context);
    this.distances.add(set);
  }

  /** What changes that make no text better did to a winner's score, in deviations of its prompt's scores; null is unknown. */
  addProbe(reward: string, rises: Readonly<Record<string, number | null>>): void {
    this.#tally(reward)?.probes.add(rises);
  }

  /** Models that scored a row by this reward. */
  addRewardFingerprints(reward: string, fingerprints: readonly string[]): void {
    const known = this.rewardFingerprints.get(reward) ?? [];
    if (fingerprints.length > 0) this.rewardFingerprints.set(reward, new Set([...known, ...fingerprints]));
  }

  /** N of the curves: those that every used row has. */
  get grid(): readonly number[] {
    return this.counts.used === 0 ? [] : this.#grid(this.sizes.least);
  }

  outcomes(): Outcome[] {
    return [...this.#outcomes.values()];
  }

  /** Powers of two and the size of the first row, where nothing was asked for. */
  #grid(size: number): readonly number[] {
    this.#wanted ??= [...new Set([...POWERS, size])].sort((a, b) => a - b);
    return this.#wanted.filter((n) => n <= size);
  }

  #addLabels({ size, answers, undecided }: CandidateSet, gold: readonly number[], { row, grid, right, seed }: RowContext): void {
    const rights = right!.filter(Boolean).length;
    this.columns.put('random', row, gold.reduce((sum, value) => sum + value, 0) / size);
    const ballot = answers && ballotOf(answers, gold);
    for (const n of grid) {
      this.columns.put(`pass ${n}`, row, passAtK(size, rights, n));
      if (ballot) this.columns.put(`majority ${n}`, row, expectedMajority(ballot, n, seed));
    }
    this.extraction.of += answers?.length ?? 0;
    this.extraction.failed += answers?.filter((answer) => answer === null).length ?? 0;
    this.extraction.undecided += undecided;
    const key = size * 2048 + rights;
    const known = this.#outcomes.get(key);
    this.#outcomes.set(key, { n: size, right: rights, problems: (known?.problems ?? 0) + 1 });
  }

  #addRewards(set: CandidateSet, context: RowContext): void {
    const { row, right } = context;
    const features = set.scores.size > 0 ? featuresOf(set) : null;
    for (const [name, scores] of set.scores) {
      const tally = this.#tally(name);
      if (!tally) continue;
      const valid = scores.filter((score) => score !== null).length;
      tally.rows++;
      tally.valid += valid;
      tally.invalid += scores.length - valid;
      if (valid === 0) tally.degraded++;
      tally.choosing.add(set, scores, context);
      tally.ordering.add(set, scores, row, right);
      const disagreement = set.disagreement.get(name) ?? null;
      tally.biases.add(set, scores, { row, features, disagreement }, (why) => this.#flag(set, name, why));
    }
  }

  #tally(name: string): Tally | undefined {
    const known = this.tallies.get(name);
    if (known) return known;
    if (this.tallies.size === MOST_REWARDS) {
      if (this.left.size < MOST_FLAGGED) this.left.add(name);
      return undefined;
    }
    const { ndcg_k: ndcgK, bins } = this.options;
    const tally: Tally = {
      choosing: new Choosing(),
      ordering: new Ordering({ ndcgK, bins, seed: this.seed }),
      biases: new Biases(),
      probes: new Probes(),
      valid: 0,
      invalid: 0,
      rows: 0,
      degraded: 0,
    };
    this.tallies.set(name, tally);
    return tally;
  }

  #flag({ line, id }: CandidateSet, reward: string, why: string): void {
    if (this.flagged.length < MOST_FLAGGED) this.flagged.push({ line, id, reward, why });
  }
}

const added = (sum: Spent, more: Spent): Spent => ({
  policy: plus(sum.policy, more.policy),
  reward: plus(sum.reward, more.reward),
  wasted: plus(sum.wasted, more.wasted),
});
