/** Verdicts on one order of a pair, and what they come to: a plurality, or the mean of strengths (methods B.13). */
import { z } from 'zod';
import type { VerdictFormat } from '../prompts/judge-instructions.ts';
import { mean } from '../selection/statistics.ts';
import type { Judged } from './judge-ask.ts';
import { labelsOf, reportOf } from './judge-statistics.ts';
import type { Order, Winner } from './pairwise-match.ts';
import { jsonVerdict, oneOf, tagVerdict, type Verdict, wholeNumber } from './parse-verdict.ts';

const WINNERS = { A: 'first', B: 'second', tie: 'tie' } as const;

export function readWinner(format: VerdictFormat, tie: boolean) {
  const label = oneOf(tie ? (['A', 'B', 'tie'] as const) : (['A', 'B'] as const));
  const read = (written: string): Winner | undefined => {
    const found = label(written);
    return found && WINNERS[found];
  };
  const object = verdictOf('verdict', z.string(), read);
  return (text: string): Verdict<Winner> => (format === 'json' ? jsonVerdict(text, object) : tagVerdict(text, 'answer', read));
}

/** Think-RM's strengths, turned so that more is better for the first (methods B.15). */
export function readStrength(format: VerdictFormat) {
  const number = wholeNumber(-3, 3);
  const read = (written: string): number | undefined => {
    const found = number(written);
    return found === undefined || found === 0 ? undefined : -found;
  };
  const object = verdictOf('strength', z.int(), (written) => read(String(written)));
  return (text: string): Verdict<number> => (format === 'json' ? jsonVerdict(text, object) : tagVerdict(text, 'answer', read));
}

function verdictOf<Written, Label>(name: string, written: z.ZodType<Written>, read: (written: Written) => Label | undefined) {
  return z.looseObject({ [name]: written }).transform((object, context): Label => {
    const label = read(object[name] as Written); // its schema has just read it
    if (label !== undefined) return label;
    context.addIssue('No such verdict.');
    return z.NEVER;
  });
}

/** The most frequent winner; two that are equally frequent are a tie, and none at all is no verdict. */
export function plurality(winners: readonly Winner[]): Winner | null {
  if (winners.length === 0) return null;
  const votes = (['first', 'second', 'tie'] as const).map((winner) => ({
    winner,
    count: winners.filter((one) => one === winner).length,
  }));
  const most = Math.max(...votes.map(({ count }) => count));
  const leading = votes.filter(({ count }) => count === most);
  return leading.length === 1 ? leading[0]!.winner : 'tie';
}

const DRAW = 0.5; // a mean strength below this, either way, is a tie (methods B.13)

export function strongest(strengths: readonly number[]): Winner | null {
  if (strengths.length === 0) return null;
  const middle = mean(strengths);
  return Math.abs(middle) < DRAW ? 'tie' : middle > 0 ? 'first' : 'second';
}

export function winnerOrder(judged: readonly Judged<Winner>[], explain: boolean): Order {
  const winners = labelsOf(judged);
  const winner = plurality(winners);
  const votes = Object.fromEntries(
    (['first', 'second', 'tie'] as const).map((label) => [label, winners.filter((one) => one === label).length]),
  );
  return { winner, detail: { ...reportOf(judged, explain), winner, votes } };
}

export function strengthOrder(judged: readonly Judged<number>[], explain: boolean): Order {
  const strengths = labelsOf(judged);
  const winner = strongest(strengths);
  return { winner, detail: { ...reportOf(judged, explain), winner, strengths } };
}
