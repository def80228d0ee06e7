import type { Asking } from '../../operation.ts';
import type { Standing } from './knockout.ts';
import type { Match, Pair, Play } from './match.ts';
import { pointsOfAll } from './match.ts';

export interface SwissStanding extends Standing {
  /** Of each player, byes included. */
  readonly points: readonly number[];
  /** Of each player: the points of those it met. */
  readonly buchholz: readonly number[];
}

/**
 * Everybody plays every round, against a neighbour in the standing whom it has not met; where the number is odd, the last
 * one without a bye yet has one, worth a point (methods A.8, A.11). Final order: points, then Buchholz, then `tieOrder`.
 *
 * @param tieOrder  players from best to worst, for what points cannot part
 */
export function* swiss(players: number, rounds: number, tieOrder: readonly number[], play: Play): Asking<SwissStanding> {
  const seeds = Array.from({ length: players }, (_, seed) => seed);
  const matches: Match[] = [];
  const byes = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const standing = ordered(players, matches, byes, seeds);
    const bye = players % 2 === 0 ? undefined : (standing.findLast((player) => !byes.has(player)) ?? standing.at(-1)!);
    const pairs = pairing(
      standing.filter((player) => player !== bye),
      matches,
    );
    matches.push(...(yield* play(pairs)));
    if (bye !== undefined) byes.add(bye);
  }
  return {
    ranking: ordered(players, matches, byes, tieOrder),
    matches,
    points: pointsWith(players, matches, byes),
    buchholz: buchholzOf(players, matches, byes),
  };
}

function ordered(players: number, matches: readonly Match[], byes: ReadonlySet<number>, ties: readonly number[]): number[] {
  const points = pointsWith(players, matches, byes);
  const buchholz = buchholzOf(players, matches, byes);
  return ties.toSorted((a, b) => points[b]! - points[a]! || buchholz[b]! - buchholz[a]!);
}

const pointsWith = (players: number, matches: readonly Match[], byes: ReadonlySet<number>): number[] =>
  pointsOfAll(players, matches).map((points, player) => points + (byes.has(player) ? 1 : 0));

/** A bye adds nothing: nobody was met. */
function buchholzOf(players: number, matches: readonly Match[], byes: ReadonlySet<number>): number[] {
  const points = pointsWith(players, matches, byes);
  const sums = new Array<number>(players).fill(0);
  for (const { pair } of matches) {
    sums[pair[0]]! += points[pair[1]]!;
    sums[pair[1]]! += points[pair[0]]!;
  }
  return sums;
}

const MOST_TRIES = 20_000; // pairs tried for one number of rematches; beyond it one more is allowed

/** Neighbours that have not met, from the top down, going back where that leaves none; with the fewest rematches. */
export function pairing(standing: readonly number[], matches: readonly Match[]): Pair[] {
  const met = new Set(matches.flatMap(({ pair: [a, b] }) => [`${a} ${b}`, `${b} ${a}`]));
  for (let rematches = 0; ; rematches++) {
    const tries = { left: MOST_TRIES };
    const pairs = paired(standing, met, rematches, tries);
    if (pairs) return pairs;
  }
}

function paired(
  [top, ...others]: readonly number[],
  met: ReadonlySet<string>,
  rematches: number,
  tries: { left: number },
): Pair[] | null {
  if (top === undefined) return [];
  for (const other of others) {
    const again = met.has(`${top} ${other}`) ? 1 : 0;
    if (again > rematches || tries.left-- <= 0) continue;
    const rest = others.filter((player) => player !== other);
    const pairs = paired(rest, met, rematches - again, tries);
    if (pairs) return [[top, other], ...pairs];
  }
  return null;
}
