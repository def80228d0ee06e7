import type { Prompt } from '../../../schemas/backend.ts';
import type { StepRule } from '../../../schemas/step.ts';
import { splitSteps } from '../../answers/steps.ts';
import type { Asking, Prefix } from '../../operation.ts';
import { score, together } from '../../operation.ts';
import { type Contender, idOf } from '../order.ts';

/** Two players by their seeds: 0 is the first. */
export type Pair = readonly [first: number, second: number];

export interface Match {
  readonly pair: Pair;
  /** Of the first: 1, 0.5 or 0. The second has what is left of 1. */
  readonly points: number;
  /** False where the judge gave no verdict: half a point each, and no part in any statistic (methods A.11). */
  readonly valid: boolean;
  /** Whether the verdict changed with the order in which the two were shown; null where that is unknown. */
  readonly disagreed: boolean | null;
  /** How strongly an ensemble prefers the first; absent where none was asked, or where it does not know. For reports alone. */
  readonly margin?: number;
}

/** Has matches judged of which none waits for another. One a pair, in order. */
export type Play = (pairs: readonly Pair[]) => Asking<readonly Match[]>;

const AT_ONCE = 32; // matches under way together: in both orders they are as many sequences as a model decodes at a time

/** Matches by a reward of kind `pairwise_judge`, which a pair is handed to as two candidates. */
export const judgedBy = (judge: string, prompt: Prompt, players: readonly Contender[], step: StepRule | undefined): Play => {
  const prefixes = players.map((player) => asPrefix(player, step));
  return function* (pairs) {
    const matches: Match[] = [];
    for (let start = 0; start < pairs.length; start += AT_ONCE) {
      const wave = pairs.slice(start, start + AT_ONCE);
      matches.push(...(yield* together(wave.map((pair) => one(judge, prompt, prefixes, pair)))));
    }
    return matches;
  };
};

function* one(judge: string, prompt: Prompt, players: readonly Prefix[], pair: Pair): Asking<Match> {
  const [ours] = yield* score(
    judge,
    prompt,
    pair.map((player) => players[player]!),
  );
  const disagreement = ours?.detail?.swap_disagreement;
  const disagreed = typeof disagreement === 'boolean' ? disagreement : null;
  const valid = ours?.ok === true && ours.value >= 0 && ours.value <= 1;
  const margin = marginOf(ours?.detail?.preference);
  return {
    pair,
    points: valid ? pointsOf(ours.value) : 0.5,
    valid,
    disagreed: valid ? disagreed : null,
    ...(margin === undefined ? {} : { margin }),
  };
}

const marginOf = (preference: unknown): number | undefined => {
  const known = typeof preference === 'object' && preference !== null && 'mean' in preference;
  return known && typeof preference.mean === 'number' ? preference.mean : undefined;
};

/** A win, a loss or a tie: what a judge says beyond that is in its own report. */
const pointsOf = (value: number): number => (value > 0.5 ? 1 : value < 0.5 ? 0 : 0.5);

/** Its steps as they were written, else as the policy that wrote it ends them: a judge may ask a reward that reads steps. */
const asPrefix = (contender: Contender, step: StepRule | undefined): Prefix => ({
  id: idOf(contender),
  text: contender.text,
  steps: contender.steps ?? (step === undefined ? [contender.text] : splitSteps(contender.text, step)),
  stepOpen: contender.stepOpen,
  tokenCount: contender.tokens ?? 0,
  logprobs: contender.logprobs,
});

/** Points of each player over these matches. */
export function pointsOfAll(players: number, matches: readonly Match[]): number[] {
  const points = new Array<number>(players).fill(0);
  for (const { pair, points: ours } of matches) {
    points[pair[0]]! += ours;
    points[pair[1]]! += 1 - ours;
  }
  return points;
}

const ENOUGH_MATCHES = 20; // below it a rate says little (methods B.13)
const MOST_DISAGREEMENT = 0.3; // above it the place decides, not the text

/** How far the judge can be relied on: a verdict that changes with the order of the two says nothing of them. */
export function reliability(matches: readonly Match[]) {
  const swapped = matches.filter(({ disagreed }) => disagreed !== null);
  const rate = swapped.length === 0 ? null : swapped.filter(({ disagreed }) => disagreed).length / swapped.length;
  return {
    matches: matches.length,
    invalid_matches: matches.filter(({ valid }) => !valid).length,
    swap_disagreement_rate: rate,
    ...(rate !== null && rate > MOST_DISAGREEMENT && swapped.length >= ENOUGH_MATCHES
      ? { warning: 'The judge calls another winner when the two are shown in the other order: it is not fit for this task.' }
      : {}),
  };
}
