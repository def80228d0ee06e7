import type { Asking } from '../../operation.ts';
import type { Match, Pair, Play } from './match.ts';

/** Players by their seeds, the best first, and the matches that made it so. */
export interface Standing {
  readonly ranking: readonly number[];
  readonly matches: readonly Match[];
}

/**
 * Who loses is out: n - 1 matches. The first seeds meet the last ones, and have a bye where n is no power of two; a tie goes
 * to the lower seed (methods A.8). Those who left in the same round rank by their seeds.
 */
export function* knockout(players: number, play: Play): Asking<Standing> {
  let slots: (number | null)[] = bracket(players).map((seed) => (seed < players ? seed : null));
  const matches: Match[] = [];
  const out: number[][] = [];
  while (slots.length > 1) {
    const meetings = Array.from({ length: slots.length / 2 }, (_, place) => [slots[2 * place]!, slots[2 * place + 1]!] as const);
    const pairs = meetings.filter((pair): pair is Pair => pair[0] !== null && pair[1] !== null);
    const played = yield* play(pairs);
    matches.push(...played);
    const losers = new Set(played.map(loser));
    out.push([...losers].sort((a, b) => a - b));
    slots = meetings.map(([first, second]) => (first === null || losers.has(first) ? second : first));
  }
  return { ranking: [slots[0]!, ...out.reverse().flat()], matches };
}

function loser({ pair: [first, second], points }: Match): number {
  if (points === 0.5) return Math.max(first, second);
  return points > 0.5 ? second : first;
}

/** Seeds in the order of their slots, for the next power of two: whoever wins, the two best left can meet in the final only. */
function bracket(players: number): number[] {
  let seeds = [0];
  while (seeds.length < players) seeds = seeds.flatMap((seed) => [seed, 2 * seeds.length - 1 - seed]);
  return seeds;
}
