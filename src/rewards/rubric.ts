/** A rubric's scores: one for each item, and their weighted mean (methods B.3). */
import { z } from 'zod';
import type { RubricItem } from '../../schemas/rewards/judging.ts';
import type { Score } from '../operation.ts';
import type { RubricToRead, VerdictFormat } from '../prompts/judge-instructions.ts';
import { mean } from '../selection/statistics.ts';
import type { Judged } from './judge-ask.ts';
import { labelsOf, meanScore, reportOf, tooFew } from './judge-statistics.ts';
import { jsonVerdict, oneOf, tagVerdict, type Verdict, wholeNumber } from './parse-verdict.ts';

/** Scores in the order of the items; null is not applicable. */
export type ItemScores = readonly (number | null)[];

/** Mean by weight over what has a value; null where nothing has (methods B.3). */
export function weightedMean(values: ItemScores, weights: readonly number[]): number | null {
  const total = weights.reduce((sum, weight, place) => (values[place] === null ? sum : sum + weight), 0);
  if (total === 0) return null;
  return weights.reduce((sum, weight, place) => sum + weight * (values[place] ?? 0), 0) / total;
}

const notApplicable = oneOf(['n/a', 'na', 'not applicable']);

/** Reads a verdict that has a score for every item; one without is no verdict. */
export function readRubric(format: VerdictFormat, { items, least, most, notApplicable: allowed }: RubricToRead) {
  const number = wholeNumber(least, most);
  const readItem = (written: string) => number(written) ?? (allowed && notApplicable(written) ? null : undefined);
  const item = z.int().min(least).max(most);
  const list = z.array(allowed ? item.nullable() : item).length(items.length);
  const object = z.looseObject({ scores: list }).transform(({ scores }): ItemScores => scores);
  return (text: string): Verdict<ItemScores> => {
    if (format === 'json') return jsonVerdict(text, object);
    const scores: (number | null)[] = [];
    for (const place of items.keys()) {
      const read = tagVerdict<number | null>(text, `item_${place + 1}`, readItem);
      if (!read.ok) return read;
      scores.push(read.label);
    }
    return { ok: true, label: scores };
  };
}

export interface Rubric {
  readonly items: readonly RubricItem[];
  /** Puts a score of an item on the scale of the reward. */
  readonly placed: (value: number) => number;
  /** An item that does not apply to one candidate is left out for all. */
  readonly forAll: boolean;
  readonly explain: boolean;
}

/** One score for each candidate from its verdicts: the mean of each item, then the mean by weight. */
export function rubricScores(judged: readonly (readonly Judged<ItemScores>[])[], rubric: Rubric): Score[] {
  const { items, placed, forAll, explain } = rubric;
  const means = judged.map((verdicts) => itemMeans(labelsOf(verdicts), items.length, placed));
  const left = items.map((_, item) => forAll && means.some((values, place) => values[item] === null && enough(judged[place]!)));
  return judged.map((verdicts, place) => {
    const values = means[place]!.map((value, item) => (left[item] ? null : value));
    const report = reportOf(verdicts, explain);
    const parts = Object.fromEntries(items.map(({ name }, item) => [name, values[item]]));
    return tooFew(verdicts, report) ?? whole(verdicts, values, { ...report, parts }, rubric);
  });
}

const enough = (verdicts: readonly Judged<ItemScores>[]): boolean => tooFew(verdicts, {}) === undefined;

/** Of each item the mean of those who scored it; null where more verdicts leave it out than score it. */
const itemMeans = (verdicts: readonly ItemScores[], count: number, placed: (value: number) => number): (number | null)[] =>
  Array.from({ length: count }, (_, item) => {
    const values = verdicts.flatMap((scores) => scores[item] ?? []);
    return values.length > 0 && 2 * values.length >= verdicts.length ? mean(values.map(placed)) : null;
  });

function whole(verdicts: readonly Judged<ItemScores>[], values: ItemScores, detail: object, { items, placed }: Rubric): Score {
  const weights = items.map(({ weight }) => weight);
  const value = weightedMean(values, weights);
  if (value === null) return { ok: false, reason: 'not_applicable', detail: { ...detail } };
  // of each verdict alone, over the same items, for the spread
  const alone = labelsOf(verdicts).flatMap(
    (scores) =>
      weightedMean(
        scores.map((score, item) => (score === null || values[item] === null ? null : placed(score))),
        weights,
      ) ?? [],
  );
  const { detail: spread } = meanScore(alone, { ...detail });
  return { ok: true, value, detail: spread };
}
