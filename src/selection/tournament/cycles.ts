import type { Match } from './match.ts';

export type Cycle = readonly [number, number, number];

/** Threes of which each beat the next: a judge that is not transitive. Each once, from its lowest player on. */
export function cyclesOf(players: readonly number[], matches: readonly Match[]): Cycle[] {
  const won = new Set(
    matches.flatMap(({ pair: [a, b], points, valid }) => {
      if (!valid || points === 0.5) return [];
      return points > 0.5 ? [`${a} ${b}`] : [`${b} ${a}`];
    }),
  );
  const beats = (a: number, b: number) => won.has(`${a} ${b}`);
  const cycles: Cycle[] = [];
  const sorted = players.toSorted((a, b) => a - b);
  for (const [place, a] of sorted.entries())
    for (const [next, b] of sorted.slice(place + 1).entries())
      for (const c of sorted.slice(place + next + 2)) {
        if (beats(a, b) && beats(b, c) && beats(c, a)) cycles.push([a, b, c]);
        if (beats(a, c) && beats(c, b) && beats(b, a)) cycles.push([a, c, b]);
      }
  return cycles;
}
