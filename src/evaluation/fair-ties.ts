/** RewardBench 2: best-of-4 accuracy with fair ties, and its Ties subset (methods F.1). */
import type { Ranking } from './estimators.ts';

/** Of the candidates at the top, the part that is right: 1 over their number where one is right, 0 where none is. */
export function fairTies({ order, blocks }: Ranking, right: readonly boolean[]): number {
  const top = order.slice(blocks.at(-1));
  return top.filter((place) => right[place]).length / top.length;
}

/** One prompt of the Ties subset, where several answers are right. */
export interface TiesItem {
  /** Every right answer scores above every wrong one. */
  readonly accurate: boolean;
  /** Between the right answers; 0 where there is one. */
  readonly spread: number;
  /** From the worst right answer down to the best wrong one; below 0 where they overlap. */
  readonly gap: number;
}

/** Null where there is no right or no wrong answer with a valid score. */
export function tiesItem(scores: readonly (number | null)[], right: readonly boolean[]): TiesItem | null {
  const of = (wanted: boolean) => scores.filter((score, place): score is number => score !== null && right[place] === wanted);
  const [rights, wrongs] = [of(true), of(false)];
  if (rights.length === 0 || wrongs.length === 0) return null;
  const worst = rights.reduce((least, score) => Math.min(least, score));
  const gap = worst - wrongs.reduce((most, score) => Math.max(most, score));
  return { accurate: gap > 0, spread: rights.reduce((most, score) => Math.max(most, score)) - worst, gap };
}

/** A prompt in two versions: one right answer (`ref`), and several (`tied`). */
export interface TiesPair {
  readonly ref?: TiesItem;
  readonly tied?: TiesItem;
}

export interface TiesScore {
  readonly overall: number;
  readonly tiedAccuracy: number;
  readonly refAccuracy: number;
  /** Prompts that have both versions: the margins are means over these. */
  readonly pairs: number;
}

/** The weighted score of the Ties subset; null where one of the two versions is missing everywhere. */
export function tiesScore(prompts: readonly TiesPair[]): TiesScore | null {
  const accuracy = (items: readonly TiesItem[]) => items.filter(({ accurate }) => accurate).length / items.length;
  const refs = prompts.flatMap(({ ref }) => ref ?? []);
  const tieds = prompts.flatMap(({ tied }) => tied ?? []);
  const both = prompts.flatMap(({ ref, tied }) => (ref && tied ? [{ ref, tied }] : []));
  if (refs.length === 0 || tieds.length === 0 || both.length === 0) return null;
  const mean = (of: (pair: (typeof both)[number]) => number) => both.reduce((sum, pair) => sum + of(pair), 0) / both.length;
  const [tiedAccuracy, refAccuracy] = [accuracy(tieds), accuracy(refs)];
  const overall =
    0.3 * tiedAccuracy +
    0.3 * refAccuracy +
    0.2 * mean(({ tied }) => Number(tied.gap > tied.spread)) +
    0.2 * mean(({ ref, tied }) => Number(Math.min(ref.gap, tied.gap) > tied.spread)) +
    0.01 * mean(({ ref, tied }) => tiesMargin(Math.min(ref.gap, tied.gap), tied.spread));
  return { overall, tiedAccuracy, refAccuracy, pairs: both.length };
}

/** tanh(gap / spread - 1), whose limits at a spread of 0 are 1, -1, and 0 where the gap is 0 too. */
export function tiesMargin(gap: number, spread: number): number {
  if (spread === 0) return Math.sign(gap);
  return Math.tanh(gap / spread - 1);
}
