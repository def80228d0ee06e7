/** What both orders of a pair come to, and what several matches come to (methods B.13, A.11). */
import type { Detail, Score } from '../operation.ts';
import { isSure, type PreferenceStrength } from './preference-strength.ts';

/** Of the pair in the order in which it was shown. */
export type Winner = 'first' | 'second' | 'tie';

/** One order of a pair. */
export interface Order {
  /** Null where no verdict of it could be read. */
  readonly winner: Winner | null;
  /** That the first wins, where the judge's probabilities are known. */
  readonly probability?: number | undefined;
  /** How it came about, or why it did not. */
  readonly detail: Detail;
}

export interface Match {
  /** Null where neither order has a verdict: the match says nothing. */
  readonly winner: Winner | null;
  /** 1 where every order that was asked says the same, else 0. */
  readonly confidence: 0 | 1;
  /** Both orders have a verdict, and not the same one; null where there are not two to compare. */
  readonly disagreed: boolean | null;
  readonly probability?: number | undefined;
  readonly orders: readonly Detail[];
  /** How strongly an ensemble prefers the first; null where too few of its members know, absent where none was asked. */
  readonly preference?: PreferenceStrength | null;
}

const TURNED: Readonly<Record<Winner, Winner>> = { first: 'second', second: 'first', tie: 'tie' };

/** That the first wins, over both orders: what the place alone gives or takes is cancelled. */
export const swapProbability = (firstWins: number, turnedFirstWins: number): number => (firstWins + 1 - turnedFirstWins) / 2;

/** Who a probability is for. */
export const winnerBy = (probability: number): Winner => (probability > 0.5 ? 'first' : probability < 0.5 ? 'second' : 'tie');

/**
 * The position-bias swap: agreement is a winner, disagreement a tie, and so is one order without a verdict. `turned` is the
 * order with the second candidate first; absent where the pair was judged once.
 */
export function matchOf(order: Order, turned?: Order): Match {
  const orders = turned ? [order.detail, turned.detail] : [order.detail];
  if (!turned) return { ...once(order), orders };
  const other = turned.winner === null ? null : TURNED[turned.winner];
  if (order.winner === null && other === null) return { winner: null, confidence: 0, disagreed: null, orders };
  if (order.winner === null || other === null) return { winner: 'tie', confidence: 0, disagreed: null, orders };
  const disagreed = order.winner !== other;
  const confidence = disagreed ? 0 : 1;
  if (order.probability === undefined || turned.probability === undefined)
    return { winner: disagreed ? 'tie' : order.winner, confidence, disagreed, orders };
  const probability = swapProbability(order.probability, turned.probability);
  return { winner: winnerBy(probability), confidence, disagreed, probability, orders };
}

const once = ({ winner, probability }: Order) =>
  ({
    winner,
    confidence: winner === null ? 0 : 1,
    disagreed: null,
    ...(probability === undefined ? {} : { probability }),
  }) as const;

/** Equal texts are equally good: nobody is asked. */
export const SAME_TEXT: Match = { winner: 'tie', confidence: 1, disagreed: null, orders: [{ equal: true }] };

/** An ensemble of one mind decides a pair: no order of it is shown to the judge. */
export const byEnsemble = (preference: PreferenceStrength): Match => ({
  winner: preference.mean > 0 ? 'first' : 'second',
  confidence: 1,
  disagreed: null,
  orders: [],
  preference,
});

const POINTS: Readonly<Record<Winner, number>> = { first: 1, tie: 0.5, second: 0 };

/** The two scores of one match: they sum to 1. A match without a verdict has none. */
export function pairScores(match: Match): [Score, Score] {
  const { winner, confidence, disagreed, orders } = match;
  if (winner === null) {
    const detail = { invalid: true, orders };
    return [
      { ok: false, reason: 'invalid_match', detail: { ...detail, ...toFirst(match) } },
      { ok: false, reason: 'invalid_match', detail: { ...detail, ...toSecond(match) } },
    ];
  }
  const points = POINTS[winner];
  const detail = { confidence, swap_disagreement: disagreed, orders };
  return [
    { ok: true, value: points, detail: { ...detail, ...toFirst(match) } },
    { ok: true, value: 1 - points, detail: { ...detail, ...toSecond(match) } },
  ];
}

/** What a match says of the first. */
const toFirst = ({ probability, preference }: Match): Detail => ({
  ...(probability === undefined ? {} : { probability }),
  ...(preference === undefined ? {} : { preference, decided_by: preference && isSure(preference) ? 'ensemble' : 'judge' }),
});

/** The same of the second. */
const toSecond = (match: Match): Detail =>
  toFirst({
    ...match,
    ...(match.probability === undefined ? {} : { probability: 1 - match.probability }),
    ...(match.preference ? { preference: { ...match.preference, mean: -match.preference.mean } } : {}),
  });

export interface Played {
  readonly first: number;
  readonly second: number;
  readonly match: Match;
}

/** Every pair of `count` once, by place. */
export const pairsOf = (count: number): [first: number, second: number][] =>
  Array.from({ length: count }, (_, first) =>
    Array.from({ length: count - first - 1 }, (_, more): [number, number] => [first, first + 1 + more]),
  ).flat();

const ENOUGH_MATCHES = 20;
const UNUSABLE = 0.3; // part of the matches in which the winner changes with its place (methods B.13)

/**
 * Mean points of each candidate over its matches; one without a verdict is half a point for both (methods A.11), and who has
 * no other has no score.
 */
export function roundRobin(count: number, played: readonly Played[]): Score[] {
  const compared = played.filter(({ match }) => match.disagreed !== null);
  const rate = compared.length === 0 ? null : compared.filter(({ match }) => match.disagreed).length / compared.length;
  const unusable = rate !== null && rate > UNUSABLE && compared.length >= ENOUGH_MATCHES;
  return Array.from({ length: count }, (_, place): Score => {
    const own = played.filter(({ first, second }) => first === place || second === place);
    const invalid = own.filter(({ match }) => match.winner === null).length;
    const detail = {
      matches: own.length,
      invalid,
      swap_disagreements: own.filter(({ match }) => match.disagreed).length,
      swap_disagreement_rate: rate,
      ...(unusable ? { unusable: true } : {}),
      ...(own.some(({ match }) => match.preference !== undefined)
        ? { decided_by_ensemble: own.filter(({ match: { preference } }) => preference && isSure(preference)).length }
        : {}),
    };
    if (own.length === invalid) return { ok: false, reason: 'invalid_match', detail };
    const points = own.reduce((sum, { first, match: { winner } }) => {
      const fromFirst = winner === null ? 0.5 : POINTS[winner];
      return sum + (first === place ? fromFirst : 1 - fromFirst);
    }, 0);
    return { ok: true, value: points / own.length, detail };
  });
}
