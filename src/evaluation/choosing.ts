/** What a reward's choices are worth: best-of-N by N, accuracy, gain, headroom (methods A.3, A.5, F.1, F.3, F.4). */
import type { CandidateSet } from './candidate-set.ts';
import { type Column, Columns } from './columns.ts';
import { klBestOfN, outcomeShares } from './divergence.ts';
import { averagedInTies, expectedBestOfK, expectedWinningScore, rankWorstFirst } from './estimators.ts';
import { fairTies, type TiesPair, tiesItem } from './fair-ties.ts';
import { softmaxOfK } from './subsets.ts';

/** What all measures of a row are told beside the row. */
export interface RowContext {
  /** Number of the row among those that are used, from 0. */
  readonly row: number;
  /** N at which curves are told, each at most the row's size. */
  readonly grid: readonly number[];
  readonly right: readonly boolean[] | null;
  readonly softmaxTemperature: number | undefined;
  /** Of subsets that are drawn. */
  readonly seed: number;
}

interface Sum {
  total: number;
  count: number;
}

/** One reward's choices. Keeps a few numbers a row. */
export class Choosing {
  /** Those whose intervals are told. */
  readonly columns = new Columns();
  /** Exact KL by N, of which the mean alone is told. */
  readonly #kl = new Columns();
  readonly #domains = new Map<string, Sum>();
  readonly #chance: Sum = { total: 0, count: 0 };
  readonly #ties = new Map<string, TiesPair>();

  add(set: CandidateSet, scores: readonly (number | null)[], { row, grid, right, softmaxTemperature, seed }: RowContext): void {
    const ranking = rankWorstFirst(scores, set.finished);
    const valid = scores.filter((score) => score !== null);
    const shares = outcomeShares(valid);
    const gold = set.gold && averagedInTies(ranking, set.gold);
    for (const n of grid) {
      this.proxy(n).put(row, expectedWinningScore(ranking, scores, n));
      this.#kl.put(String(n), row, valid.length === 0 ? null : klBestOfN(shares, n));
      if (gold) this.gold(n).put(row, expectedBestOfK(gold, n));
      if (set.gold && softmaxTemperature !== undefined)
        this.softmax(n).put(row, softmaxOfK(scores, set.gold, { k: n, temperature: softmaxTemperature, seed }));
    }
    if (!set.gold || !gold || !right) return;
    const best = gold[gold.length - 1]!;
    const mean = set.gold.reduce((sum, value) => sum + value, 0) / set.size;
    this.columns.put('gain', row, best - mean);
    this.columns.put('headroom', row, set.gold.reduce((most, value) => Math.max(most, value)) - best);
    this.#addAccuracy(set, row, fairTies(ranking, right), right.filter(Boolean).length / set.size);
    this.#addTies(set, scores, right);
  }

  #addAccuracy({ domain }: CandidateSet, row: number, credit: number, chance: number): void {
    this.columns.put('accuracy', row, credit);
    this.#chance.total += chance;
    this.#chance.count++;
    const name = domain ?? 'all';
    const sum = this.#domains.get(name) ?? { total: 0, count: 0 };
    this.#domains.set(name, { total: sum.total + credit, count: sum.count + 1 });
  }

  #addTies({ ties }: CandidateSet, scores: readonly (number | null)[], right: readonly boolean[]): void {
    const item = ties && tiesItem(scores, right);
    if (item) this.#ties.set(ties.id, { ...this.#ties.get(ties.id), [ties.version]: item });
  }

  readonly gold = (n: number): Column => this.columns.named(`gold of ${n}`);
  readonly proxy = (n: number): Column => this.columns.named(`proxy of ${n}`);
  readonly softmax = (n: number): Column => this.columns.named(`softmax of ${n}`);

  kl(n: number): number | null {
    return this.#kl.named(String(n)).mean;
  }

  /** Mean accuracy by domain, by name. */
  domains(): { name: string; value: number; problems: number }[] {
    return Array.from(this.#domains, ([name, { total, count }]) => ({ name, value: total / count, problems: count })).sort(
      (a, b) => (a.name < b.name ? -1 : 1),
    );
  }

  /** Accuracy of a choice by lot. */
  get chance(): number {
    return this.#chance.total / this.#chance.count;
  }

  get tiesPairs(): TiesPair[] {
    return [...this.#ties.values()];
  }
}
