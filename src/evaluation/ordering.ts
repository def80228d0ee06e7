/** How a reward orders candidates, within a prompt and over all, and whether it is calibrated (methods F.3). */
import { mulberry32, subSeed } from '../random.ts';
import { Calibration } from './calibration.ts';
import type { CandidateSet } from './candidate-set.ts';
import { Columns } from './columns.ts';
import { auroc, comparePairs, kendallTau, ndcg, pairwiseAccuracy } from './ranking-metrics.ts';

export class Ordering {
  readonly columns = new Columns();
  readonly #ndcgK: number;
  readonly #asProbability: Calibration;
  readonly #asLogit: Calibration;
  readonly #pool: Pool;
  #withinUnit = true;

  constructor({ ndcgK, bins, seed }: { ndcgK: number; bins: number; seed: number }) {
    this.#ndcgK = ndcgK;
    this.#asProbability = new Calibration(bins);
    this.#asLogit = new Calibration(bins);
    this.#pool = new Pool(seed);
  }

  add({ gold, size }: CandidateSet, scores: readonly (number | null)[], row: number, right: readonly boolean[] | null): void {
    if (!gold || !right) return;
    const known = Array.from({ length: size }, (_, place) => place).filter((place) => scores[place] !== null);
    const valid = known.map((place) => scores[place]!);
    const worth = known.map((place) => gold[place]!);
    const pairs = comparePairs(valid, worth);
    this.columns.put('ndcg', row, ndcg(valid, worth, this.#ndcgK));
    this.columns.put('tau', row, kendallTau(pairs));
    this.columns.put('pairwise', row, pairwiseAccuracy(pairs));
    const labels = known.map((place) => Number(right[place]));
    this.columns.put('auroc', row, pairwiseAccuracy(comparePairs(valid, labels)));
    for (const [place, score] of valid.entries()) this.#addItem(score, labels[place] === 1);
  }

  #addItem(score: number, right: boolean): void {
    this.#pool.add(score, right);
    this.#asLogit.add(1 / (1 + Math.exp(-score)), right);
    if (score < 0 || score > 1) this.#withinUnit = false;
    if (this.#withinUnit) this.#asProbability.add(score, right);
  }

  /** @param said  what the scores are, where anyone said so; null where nobody did and they are no probabilities */
  calibration(said: 'logit' | 'probability' | undefined) {
    const output = said ?? (this.#withinUnit ? ('probability' as const) : null);
    if (output === null || (output === 'probability' && !this.#withinUnit)) return null;
    const { lowCount, ...report } = (output === 'logit' ? this.#asLogit : this.#asProbability).report();
    return { ...report, low_count: lowCount, output };
  }

  pooled(): { auroc: number | null; of: number } {
    return this.#pool.auroc();
  }
}

const POOLED = 200_000; // items, 9 bytes each: above it a drawn part, whose AUROC is off by 0.001

/** Scores with labels: all of them, or as many drawn at random, each as likely to be among them. */
class Pool {
  #scores = new Float64Array(256);
  #right = new Uint8Array(256);
  #seen = 0;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = mulberry32(subSeed(seed, 'pool', 0));
  }

  add(score: number, right: boolean): void {
    const place = this.#seen < POOLED ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
    this.#seen++;
    if (place >= POOLED) return;
    if (place >= this.#scores.length) this.#grow();
    this.#scores[place] = score;
    this.#right[place] = Number(right);
  }

  #grow(): void {
    const length = Math.min(POOLED, 2 * this.#scores.length);
    const [scores, right] = [new Float64Array(length), new Uint8Array(length)];
    scores.set(this.#scores);
    right.set(this.#right);
    [this.#scores, this.#right] = [scores, right];
  }

  auroc(): { auroc: number | null; of: number } {
    const of = Math.min(this.#seen, POOLED);
    return { auroc: auroc(this.#scores.subarray(0, of), this.#right.subarray(0, of)), of };
  }
}
