/** A row as measures see it: one array a property, one entry a candidate. */
import type { AnswerConfig } from '../../schemas/config.ts';
import type { EvaluateCandidate, EvaluateRow } from '../../schemas/evaluate.ts';
import { canonicalKey } from '../answers/canonical.ts';
import { extract } from '../answers/extract.ts';

export interface CandidateSet {
  readonly id: string | null;
  /** Where it stands: the line of the file, or its number in the request; from 1. */
  readonly line: number;
  readonly domain: string | null;
  readonly ties: EvaluateRow['ties'];
  readonly size: number;
  /** Null where the worth of any candidate is unknown. */
  readonly gold: readonly number[] | null;
  /** Canonical keys, null for a candidate that says none; null where nothing is known of answers. */
  readonly answers: readonly (string | null)[] | null;
  /** By reward; null is a score that failed. */
  readonly scores: ReadonlyMap<string, readonly (number | null)[]>;
  readonly disagreement: ReadonlyMap<string, readonly (number | null)[]>;
  readonly finished: readonly boolean[];
  /** In tokens where all have them, else in characters; null where a candidate has neither. */
  readonly lengths: readonly number[] | null;
  /** Tokens of all candidates; null where unknown. */
  readonly tokens: number | null;
  /** Null where a candidate has none. */
  readonly texts: readonly string[] | null;
}

/** Without a way of their own, texts say their answer by a mark (a tag, a box, "the answer is") or not at all. */
const MARKED: AnswerConfig = { type: 'text' };

/**
 * Reads a row. Where gold is not given, a candidate is right whose answer equals one of the references.
 *
 * @param answer  how answers are read out of texts; null: by a mark, and only where a reference asks for it
 */
export function candidateSet(row: EvaluateRow, line: number, answer: AnswerConfig | null): CandidateSet {
  const candidates = row.candidates ?? [];
  const references = row.reference === undefined ? [] : [row.reference].flat();
  const reads = answer ?? (references.length > 0 ? MARKED : null);
  const answers = answersOf(candidates, reads);
  const texts = candidates.flatMap(({ text }) => text ?? []);
  const tokens = candidates.flatMap((one) => one.tokens ?? []);
  const whole = <Value>(values: readonly Value[]) => (values.length === candidates.length ? values : null);
  return {
    id: row.id ?? null,
    line,
    domain: row.domain ?? null,
    ties: row.ties,
    size: candidates.length,
    gold: whole(goldOf(candidates, answers, references, reads)),
    answers,
    scores: byName(candidates, 'scores'),
    disagreement: byName(candidates, 'disagreement'),
    finished: candidates.map(finishes),
    lengths: whole(tokens) ?? whole(texts)?.map((text) => text.length) ?? null,
    tokens: whole(tokens)?.reduce((sum, count) => sum + count, 0) ?? null,
    texts: whole(texts),
  };
}

const finishes = ({ finish_reason }: EvaluateCandidate): boolean => finish_reason === undefined || finish_reason === 'stop';

function answersOf(candidates: readonly EvaluateCandidate[], reads: AnswerConfig | null): (string | null)[] | null {
  const given = candidates.some(({ answer }) => answer !== undefined);
  if (!given && (reads === null || candidates.every(({ text }) => text === undefined))) return null;
  return candidates.map((one) => {
    if (one.answer !== undefined) return one.answer === null ? null : keyOf(one.answer, reads);
    if (one.text === undefined || reads === null) return null;
    const read = extract(one.text, finishes(one) ? 'stop' : 'length', reads);
    return read.ok ? read.key : null;
  });
}

function keyOf(answer: string, reads: AnswerConfig | null): string | null {
  const key = canonicalKey(answer, reads?.type !== 'text' || reads === MARKED);
  return key.ok ? key.key : null;
}

function goldOf(
  candidates: readonly EvaluateCandidate[],
  answers: readonly (string | null)[] | null,
  references: readonly string[],
  reads: AnswerConfig | null,
): number[] {
  const right = references.map((one) => keyOf(one, reads));
  return candidates.flatMap(({ gold }, place) => {
    if (gold !== undefined && gold !== null) return Number(gold);
    if (references.length === 0 || answers === null) return [];
    const answer = answers[place] ?? null;
    return Number(answer !== null && right.includes(answer));
  });
}

function byName(candidates: readonly EvaluateCandidate[], member: 'scores' | 'disagreement'): Map<string, (number | null)[]> {
  const names = new Set(candidates.flatMap((one) => Object.keys(one[member] ?? {})));
  const entryOf = (one: EvaluateCandidate, name: string): number | null => {
    const values = one[member];
    return values && Object.hasOwn(values, name) ? (values[name] ?? null) : null;
  };
  return new Map(Array.from(names, (name) => [name, candidates.map((one) => entryOf(one, name))]));
}
