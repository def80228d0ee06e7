import { z } from 'zod';
import type { StepRule } from '../../schemas/step.ts';
import type { Asking, Detail } from '../operation.ts';
import { mulberry32, subSeed } from '../random.ts';
import type { Choice, SelectionContext } from './define.ts';
import { commonOptions, defineRule } from './define.ts';
import { type Contender, idOf, ranked, validScore } from './order.ts';
import { shuffled } from './shuffled.ts';
import { bradleyTerry, winsOf } from './tournament/bradley-terry.ts';
import { cyclesOf } from './tournament/cycles.ts';
import { knockout, type Standing } from './tournament/knockout.ts';
import { judgedBy, type Match, type Play, reliability } from './tournament/match.ts';
import { pairsOf, roundRobin } from './tournament/round-robin.ts';
import { swiss } from './tournament/swiss.ts';

const MOST_PLAYERS = 256;
const MOST_IN_ROUND_ROBIN = 64; // 2,016 matches
const ROUND_ROBIN_UP_TO = 8; // players for whom `auto` is a round robin (methods A.11)
const TOP = 4; // players among whom cycles are looked for after a knockout (methods A.8)

type Format = 'knockout' | 'swiss' | 'round_robin';

const options = z.strictObject({
  ...commonOptions,
  judge: z
    .string()
    .min(1)
    .optional()
    .describe('A reward of kind pairwise_judge; the first one of the config where absent. A match is both orders of a pair.'),
  format: z
    .enum(['auto', 'knockout', 'swiss', 'round_robin'])
    .default('auto')
    .describe('`auto`: knockout for more than 8 different texts, else round robin (methods A.11).'),
  rounds: z.int().min(1).max(16).optional().describe('Of `swiss`; the logarithm of n to base 2, rounded up, where absent.'),
  prior: z
    .number()
    .gt(0)
    .max(100)
    .default(0.1)
    .describe('Wins that each has over each beforehand, so that abilities stay finite (Bradley-Terry, methods A.8).'),
  report_cycles: z
    .boolean()
    .default(false)
    .describe('Tells where the judge goes round in a circle; after a knockout or swiss the best 4 meet for it.'),
});
type Options = z.infer<typeof options>;

/**
 * Candidates meet two by two before a judge (methods A.8). Equal texts are one player. Seeds go by score, or by a seeded draw
 * where there are none. A match without a verdict is a tie; where all are, the order is that of the scores, and degraded.
 */
export const tournament = defineRule({
  name: 'tournament',
  title: 'Candidates meet two by two before a judge.',
  cost: 'matches of the judge: n - 1 (knockout), rounds x n / 2 (swiss), n (n - 1) / 2 (round robin)',
  needs: { answers: false, scores: false, judge: true },
  most: ({ format }) => (format === 'round_robin' ? MOST_IN_ROUND_ROBIN : MOST_PLAYERS),
  options,
  asks: (given, context) => {
    const pairs = (candidates: number) => mostMatches(given, candidates);
    return { reward: { kind: 'pairwise_judge', name: given.judge ?? usualJudge(context), pairs }, option: 'judge' };
  },
  *choose(contenders, given, context) {
    const order = ranked(contenders, given.tie_epsilon);
    const judge = given.judge ?? usualJudge(context);
    if (!context.prompt || judge === undefined)
      throw new Error('A tournament without a prompt or a judge is refused beforehand.');
    const equal = Map.groupBy(order, (place) => contenders[place]!.text);
    const players = Array.from(equal.values(), ([place]) => place!); // the best of equal texts plays for them
    const format = formatOf(given.format, players.length);
    const scored = players.some((place) => validScore(contenders[place]!) !== null);
    const seeds =
      scored || format === 'round_robin' ? players : shuffled(players, mulberry32(subSeed(context.seed ?? 0, 'tournament', 0)));
    const seeded = seeds.map((place) => contenders[place]!);
    const tieOrder = players.map((place) => seeds.indexOf(place));
    const play = judgedBy(judge, context.prompt, seeded, stepOf(context));
    const { ranking, matches, report } = yield* played({ format, given, players: seeded, tieOrder, play });
    const detail = { format, judge, ...reliability(matches), ...report };
    if (matches.length > 0 && matches.every(({ valid }) => !valid))
      return { index: order[0]!, ranking: order, detail, degraded: true, reason: 'judge_failed' };
    const all = ranking.flatMap((seed) => equal.get(seeded[seed]!.text)!);
    return { index: all[0]!, ranking: all, detail, degraded: false } satisfies Choice;
  },
});

/** The judge of a request that names none: the first of the config. */
const usualJudge = ({ lookup }: SelectionContext): string | undefined =>
  Object.entries(lookup?.rewards ?? {}).find(([, { kind }]) => (kind as string) === 'pairwise_judge')?.[0];

/** What ends a step of the policy that wrote the candidates; undefined where nobody said which that was. */
const stepOf = ({ lookup, policy }: SelectionContext): StepRule | undefined =>
  policy === undefined ? undefined : lookup?.policies[policy]?.step;

function formatOf(format: Options['format'], players: number): Format {
  if (format !== 'auto') return format;
  return players > ROUND_ROBIN_UP_TO ? 'knockout' : 'round_robin';
}

/** Matches of so many candidates at most: equal texts make them fewer, and `auto` then another format. */
function mostMatches({ format, rounds, report_cycles: cycles }: Options, players: number): number {
  const all = (n: number) => (n * (n - 1)) / 2;
  const extra = cycles ? all(Math.min(TOP, players)) : 0;
  switch (format) {
    case 'round_robin':
      return all(players);
    case 'knockout':
      return Math.max(0, players - 1) + extra;
    case 'swiss':
      return roundsOf(rounds, players) * Math.floor(players / 2) + extra;
    case 'auto':
      return Math.max(all(Math.min(players, ROUND_ROBIN_UP_TO)), players > ROUND_ROBIN_UP_TO ? players - 1 + extra : 0);
  }
}

const roundsOf = (rounds: number | undefined, players: number): number => rounds ?? Math.ceil(Math.log2(Math.max(1, players)));

interface Tournament {
  readonly format: Format;
  readonly given: Options;
  /** By seed. */
  readonly players: readonly Contender[];
  readonly tieOrder: readonly number[];
  readonly play: Play;
}

function* played({ format, given, players, tieOrder, play }: Tournament): Asking<Standing & { readonly report: Detail }> {
  const id = (player: number): string => idOf(players[player]!);
  const byId = (values: readonly number[]) => Object.fromEntries(values.map((value, player) => [id(player), value]));
  const results = (matches: readonly Match[]) =>
    matches.map(({ pair: [first, second], points, valid, margin }) => ({
      first: id(first),
      second: id(second),
      points,
      valid,
      ...(margin === undefined ? {} : { margin }),
    }));
  const abilities = (matches: readonly Match[]) => byId(bradleyTerry(winsOf(players.length, matches), given.prior));
  if (format === 'round_robin') {
    const { ranking, matches } = yield* roundRobin(players.length, play);
    const cycles = given.report_cycles ? { cycles: cyclesOf(ranking, matches).map((cycle) => cycle.map(id)) } : {};
    return { ranking, matches, report: { abilities: abilities(matches), ...cycles, results: results(matches) } };
  }
  const rounds = roundsOf(given.rounds, players.length);
  const table = format === 'swiss' ? yield* swiss(players.length, rounds, tieOrder, play) : null;
  const { ranking, matches } = table ?? (yield* knockout(players.length, play));
  const extra = given.report_cycles ? yield* missing(ranking.slice(0, TOP), matches, play) : [];
  const cycles = given.report_cycles
    ? { cycles: cyclesOf(ranking.slice(0, TOP), [...matches, ...extra]).map((one) => one.map(id)) }
    : {};
  const standing = table ? { points: byId(table.points), buchholz: byId(table.buchholz), abilities: abilities(matches) } : {};
  return {
    ranking,
    matches: [...matches, ...extra],
    report: { ...standing, ...cycles, results: results([...matches, ...extra]) },
  };
}

/** The matches among these players that have not been played. */
function* missing(players: readonly number[], matches: readonly Match[], play: Play): Asking<readonly Match[]> {
  const met = new Set(matches.flatMap(({ pair: [a, b] }) => [`${a} ${b}`, `${b} ${a}`]));
  return yield* play(pairsOf(players).filter(([a, b]) => !met.has(`${a} ${b}`)));
}
