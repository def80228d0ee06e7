/** A row as measures see it: one array a property, one entry a candidate. */

import type { CheckOptions } from '../../schemas/check.ts';
import type { AnswerConfig } from '../../schemas/config.ts';
import type { EvaluateCandidate, EvaluateRow } from '../../schemas/evaluate.ts';
import { canonicalKey } from '../answers/canonical.ts';
import { check } from '../answers/check.ts';
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
  /** Candidates of which it could not be told whether their answer is the reference: their gold is 0. */
  readonly undecided: number;
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

/** How answers are read out of texts, and how they are held against references. */
export interface Reading {
  /** Null: by a mark (a tag, a box, "the answer is"), and only where a reference asks for it. */
  readonly answer: AnswerConfig | null;
  readonly check: CheckOptions;
}

const MARKED: AnswerConfig = { type: 'text' };

/** What a candidate says. */
interface Said {
  readonly raw: string;
  readonly key: string;
}

/** Reads a row. Where gold is not given, a candidate is right whose answer equals one of the references (methods G.8). */
export function candidateSet(row: EvaluateRow, line: number, { answer, check: how }: Reading): CandidateSet {
  const candidates = row.candidates ?? [];
  const references = row.reference === undefined ? [] : [row.reference].flat();
  const reads = answer ?? (references.length > 0 ? MARKED : null);
  const said = saidBy(candidates, reads);
  const marks = new Marks(references, { ...checkedAs(answer), ...how });
  const gold = candidates.flatMap(({ gold }, place): number[] => {
    if (gold !== undefined && gold !== null) return [Number(gold)];
    return references.length === 0 || said === null ? [] : [marks.of(said[place]!)];
  });
  const texts = candidates.flatMap(({ text }) => text ?? []);
  const tokens = candidates.flatMap((one) => one.tokens ?? []);
  const whole = <Value>(values: readonly Value[]) => (values.length === candidates.length ? values : null);
  return {
    id: row.id ?? null,
    line,
    domain: row.domain ?? null,
    ties: row.ties,
    size: candidates.length,
    gold: whole(gold),
    undecided: marks.undecided,
    answers: said?.map((one) => one?.key ?? null) ?? null,
    scores: byName(candidates, 'scores'),
    disagreement: byName(candidates, 'disagreement'),
    finished: candidates.map(finishes),
    lengths: whole(tokens) ?? whole(texts)?.map((text) => text.length) ?? null,
    tokens: whole(tokens)?.reduce((sum, count) => sum + count, 0) ?? null,
    texts: whole(texts),
  };
}

/** As the answers are read, so they are checked. */
const checkedAs = (answer: AnswerConfig | null): CheckOptions =>
  answer === null ? {} : { type: answer.type, ...(answer.choices === undefined ? {} : { choices: answer.choices }) };

/** Right or wrong, each distinct answer held against the references once. */
class Marks {
  readonly #references: readonly string[];
  readonly #how: CheckOptions;
  readonly #known = new Map<string, number>();
  /** Candidates whose answer could not be told to be right or wrong: they count as wrong. */
  undecided = 0;

  constructor(references: readonly string[], how: CheckOptions) {
    this.#references = references;
    this.#how = how;
  }

  of(said: Said | null): number {
    if (said === null) return 0;
    const known = this.#known.get(said.key) ?? this.#decide(said);
    this.#known.set(said.key, known);
    if (known === UNDECIDED) this.undecided++;
    return known === UNDECIDED ? 0 : known;
  }

  #decide({ raw }: Said): number {
    const equal = this.#references.map((reference) => check(raw, reference, this.#how).equal);
    if (equal.includes(true)) return 1;
    return equal.includes('unknown') ? UNDECIDED : 0;
  }
}

const UNDECIDED = -1;

const finishes = ({ finish_reason }: EvaluateCandidate): boolean => finish_reason === undefined || finish_reason === 'stop';

/** Null where nothing is known of answers; a candidate that says none is null in the list. */
function saidBy(candidates: readonly EvaluateCandidate[], reads: AnswerConfig | null): (Said | null)[] | null {
  const given = candidates.some(({ answer }) => answer !== undefined);
  if (!given && (reads === null || candidates.every(({ text }) => text === undefined))) return null;
  return candidates.map((one): Said | null => {
    if (one.answer === null) return null;
    if (one.answer !== undefined) {
      const key = canonicalKey(one.answer, reads === MARKED || reads?.type !== 'text');
      return key.ok ? { raw: one.answer, key: key.key } : null;
    }
    if (one.text === undefined || reads === null) return null;
    const read = extract(one.text, finishes(one) ? 'stop' : 'length', reads);
    if (!read.ok || reads !== MARKED) return read.ok ? { raw: read.raw, key: read.key } : null;
    const key = canonicalKey(read.raw); // nobody said that numbers are text here
    return key.ok ? { raw: read.raw, key: key.key } : null;
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
