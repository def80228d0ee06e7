import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Prefix, Score } from '../operation.ts';

/** What a rule sees of a candidate. */
export interface Contender extends Partial<Pick<Prefix, 'steps' | 'stepOpen'>> {
  /** Number of the candidate in its run, by planned id: the last tie-break. */
  readonly index: number;
  /** Its path, as reports name it; `0.index` where absent. */
  readonly id?: string;
  /** Of the one reward that decides; null where no reward is in play. */
  readonly score: Score | null;
  /** Canonical key; null where none was read. */
  readonly answer: string | null;
  /** Tokens of the candidate; null where unknown. */
  readonly tokens: number | null;
  readonly text: string;
  /** One for each token, with as many alternatives as the rule needs; absent where unknown. */
  readonly logprobs?: readonly TokenLogprob[] | undefined;
}

export const idOf = ({ id, index }: Contender): string => id ?? `0.${index}`;

/** Its score where that is a finite number, else null. Never 0: that is a good score for many reward models. */
export function validScore({ score }: Contender): number | null {
  return score?.ok && Number.isFinite(score.value) ? score.value : null;
}

/**
 * Positions from best to worst (methods 0.3): higher score, then fewer tokens (where known for all that tie), then lower
 * index. Those without a valid score come last. Cluster size has no part in it: votes order within one cluster only.
 *
 * @param tieEpsilon  scores this close to the best of those left tie with it
 */
export function ranked(contenders: readonly Contender[], tieEpsilon: number): number[] {
  const scored = Array.from(contenders, (contender, position) => ({ contender, position, value: validScore(contender) }));
  const invalid = scored.filter(({ value }) => value === null);
  const valid = scored.filter((one): one is Valued => one.value !== null).sort((a, b) => b.value - a.value);
  const order: number[] = [];
  // A comparator with an epsilon is not transitive, so ties are made a set first: all within reach of the best one left.
  for (let start = 0; start < valid.length; ) {
    const least = valid[start]!.value - tieEpsilon;
    let end = start + 1;
    while (end < valid.length && valid[end]!.value >= least) end++;
    order.push(...settled(valid.slice(start, end)));
    start = end;
  }
  return [...order, ...settled(invalid)];
}

interface Scored {
  readonly contender: Contender;
  readonly position: number;
  readonly value: number | null;
}
type Valued = Scored & { readonly value: number };

function settled(tied: readonly Scored[]): number[] {
  const lengthsKnown = tied.every(({ contender }) => contender.tokens !== null);
  const length = ({ contender }: Scored) => (lengthsKnown ? contender.tokens! : 0);
  return tied.toSorted((a, b) => length(a) - length(b) || a.contender.index - b.contender.index).map(({ position }) => position);
}
