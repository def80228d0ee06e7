import type { Asking } from '../../operation.ts';
import type { Standing } from './knockout.ts';
import type { Match, Pair, Play } from './match.ts';
import { pointsOfAll } from './match.ts';

/** Each meets each. Order: points, then those among the tied alone, then the order of the players (methods A.8, A.11). */
export function* roundRobin(players: number, play: Play): Asking<Standing> {
  const matches = yield* play(pairsOf(Array.from({ length: players }, (_, player) => player)));
  const points = pointsOfAll(players, matches);
  const groups = Map.groupBy(points.keys(), (player) => points[player]!);
  const best = [...groups].sort(([a], [b]) => b - a);
  return { ranking: best.flatMap(([, tied]) => headToHead(tied, matches)), matches };
}

function headToHead(tied: readonly number[], matches: readonly Match[]): number[] {
  const among = matches.filter(({ pair }) => tied.includes(pair[0]) && tied.includes(pair[1]));
  const points = pointsOfAll(Math.max(...tied) + 1, among);
  return tied.toSorted((a, b) => points[b]! - points[a]!);
}

/** Every two of the players once, the earlier one first. */
export const pairsOf = (players: readonly number[]): Pair[] =>
  players.flatMap((first, place) => players.slice(place + 1).map((second): Pair => [first, second]));
