import { z } from 'zod';
import { type Contender, idOf } from '../order.ts';
import { chrf, MOST_CHARACTERS } from './chrf.ts';
import { MOST_WORK, rougeL, rougeWork } from './rouge-l.ts';
import { tokenF1 } from './token-f1.ts';

export const textUtility = z.enum(['token_f1', 'chrf', 'rouge_l', 'answer']);
export type TextUtility = z.infer<typeof textUtility>;

/** u of every candidate as hypothesis (row) judged against every other as reference (column), 0 to 1 (methods A.6). */
export type Similarity = readonly (readonly number[])[];

const UTILITIES: Readonly<Record<TextUtility, (contenders: readonly Contender[]) => Similarity>> = {
  token_f1: (contenders) => tokenF1(contenders.map(textOf)),
  chrf: (contenders) => chrf(contenders.map(textOf)),
  rouge_l: (contenders) => rougeL(contenders.map(textOf)),
  answer: (contenders) =>
    contenders.map(({ answer: own }) => contenders.map(({ answer }) => Number(own !== null && own === answer))),
};

export const similarity = (utility: TextUtility, contenders: readonly Contender[]): Similarity => UTILITIES[utility](contenders);

/** Whether the texts are longer than this utility can compare within a Worker's time and memory. */
export function tooLong(utility: TextUtility, contenders: readonly Contender[]): boolean {
  if (utility === 'chrf') return contenders.reduce((sum, { text }) => sum + text.length, 0) > MOST_CHARACTERS;
  return utility === 'rouge_l' && rougeWork(contenders.map(textOf)) > MOST_WORK;
}

const textOf = ({ text }: Contender): string => text;

/** Cosines of the vectors, from -1 to 1, moved to 0 to 1; 0 with a text that has no vector or is empty. */
export function cosines(vectors: readonly (readonly number[] | null)[]): Similarity {
  const units = vectors.map((vector) => (vector ? unit(vector) : null));
  return units.map((own) => units.map((other) => (own && other ? (1 + clamped(dot(own, other))) / 2 : 0)));
}

function unit(vector: readonly number[]): number[] | null {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 && Number.isFinite(length) ? vector.map((value) => value / length) : null;
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
const clamped = (cosine: number): number => Math.min(1, Math.max(-1, cosine));

export const named = (contenders: readonly Contender[], values: readonly number[]): Readonly<Record<string, number>> =>
  Object.fromEntries(contenders.map((contender, place) => [idOf(contender), values[place]!]));
