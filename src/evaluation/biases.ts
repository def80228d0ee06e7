/** What a reward may follow in place of worth: length, repetition, style, and what is odd about its winners (methods F.5). */

import { mean } from '../selection/statistics.ts';
import type { CandidateSet } from './candidate-set.ts';
import { type Column, Columns } from './columns.ts';
import { partial, pearson, ranks } from './correlation.ts';
import { rankWorstFirst } from './estimators.ts';
import type { Features, Trait } from './features.ts';
import { gateMarkers } from './style-markers.ts';
import { disagreementRatio, isOutlier } from './winner.ts';

const LEAST = 8; // candidates: a correlation over fewer is noise
const STRONG = 0.8;
const WITH_TEXTS = 'rows with texts';

export type Flag = (why: string) => void;

/** One reward's correlation with something over the candidates of each prompt. */
export class Correlations {
  readonly columns = new Columns();
  flagged = 0;

  /** @returns whether this prompt is to be flagged */
  add(row: number, x: readonly number[], scores: readonly number[], gold: readonly number[] | null): boolean {
    if (x.length < LEAST) return false;
    const plain = this.#put(row, 'pearson', x, scores, gold);
    const ranked = this.#put(row, 'spearman', ranks(x), ranks(scores), gold && ranks(gold));
    this.columns.put('absolute', row, ranked.left === null ? null : Math.abs(ranked.left));
    const strong = [plain.left, ranked.left].some((rho) => rho !== null && Math.abs(rho) > STRONG);
    if (strong) this.flagged++;
    return strong;
  }

  #put(row: number, name: string, x: readonly number[], y: readonly number[], z: readonly number[] | null) {
    const all = pearson(x, y);
    const left = z && partial(all, pearson(x, z), pearson(y, z));
    this.columns.put(name, row, all);
    if (z) this.columns.put(`partial ${name}`, row, left);
    return { left: z ? left : all };
  }
}

export class Biases {
  readonly columns = new Columns();
  readonly length = new Correlations();
  readonly repetition = new Correlations();
  readonly #traits = new Map<Trait, { winners: Column; excess: Column }>();

  add(
    set: CandidateSet,
    scores: readonly (number | null)[],
    { row, features, disagreement }: { row: number; features: Features | null; disagreement: readonly (number | null)[] | null },
    flag: Flag,
  ): void {
    const known = Array.from(scores.keys()).filter((place) => scores[place] !== null);
    if (known.length === 0) return;
    const { order, blocks } = rankWorstFirst(scores, set.finished);
    const winners = order.slice(blocks.at(-1));
    const at = <Value>(values: readonly Value[]): Value[] => known.map((place) => values[place]!);
    const valid = at(scores) as number[]; // those that are known are not null
    const gold = set.gold && at(set.gold);
    if (set.lengths) {
      const lengths = at(set.lengths);
      if (this.length.add(row, lengths, valid, gold)) flag('the score follows the length');
      const usual = mean(lengths);
      this.columns.put('length ratio', row, usual > 0 ? mean(winners.map((place) => set.lengths![place]!)) / usual : null);
    }
    if (features) {
      if (this.repetition.add(row, at(features.rep4), valid, gold)) flag('the score follows repetition');
      this.#addTraits(row, features, winners, flag);
    }
    this.#addWinner(set, row, valid, winners, disagreement);
  }

  #addTraits(row: number, { bearers }: Features, winners: readonly number[], flag: Flag): void {
    for (const trait of [...new Set([...this.#traits.keys(), ...bearers.keys()])]) {
      const bears = bearers.get(trait);
      const won = bears ? mean(winners.map((place) => Number(bears[place]))) : 0;
      const { winners: share, excess } = this.trait(trait);
      share.put(row, won);
      excess.put(row, bears ? won - mean(bears.map(Number)) : 0);
      if (won > 0 && gateMarkers.some((marker) => marker === trait)) flag(`the winner bears ${trait}`);
    }
    this.columns.put(WITH_TEXTS, row, 0);
  }

  #addWinner(
    { gold, size }: CandidateSet,
    row: number,
    valid: readonly number[],
    winners: readonly number[],
    disagreement: readonly (number | null)[] | null,
  ): void {
    const odd = isOutlier(valid);
    this.columns.put('outlier', row, Number(odd));
    if (odd && gold) this.columns.put('outlier gain', row, mean(winners.map((place) => gold[place]!)) - mean(gold));
    if (disagreement && size > 1) this.columns.put('disagreement', row, disagreementRatio(disagreement, winners[0]!));
  }

  trait(trait: Trait): { winners: Column; excess: Column } {
    const known = this.#traits.get(trait);
    if (known) return known;
    // in the rows before, nobody bore it
    const zeros = () => this.columns.named(WITH_TEXTS).zeros();
    const made = {
      winners: this.columns.named(`${trait} of winners`, zeros),
      excess: this.columns.named(`excess ${trait}`, zeros),
    };
    this.#traits.set(trait, made);
    return made;
  }

  /** Traits that some candidate bore. */
  traitsSeen(): Trait[] {
    return [...this.#traits.keys()];
  }
}
