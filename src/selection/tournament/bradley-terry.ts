import type { Match } from './match.ts';

const SETTLED = 1e-10;
const MOST_ROUNDS = 1000;

/**
 * Abilities by the model of Bradley and Terry, fitted by minorisation and maximisation (methods A.8; Hunter 2004): the
 * probability that i beats j is p_i / (p_i + p_j). They sum to 1.
 *
 * @param wins   [i][j]: how often i beat j, a tie half a time each way
 * @param prior  added to every i against every j: at 0 an undefeated player's ability has no maximum, and rounds end at 1000
 */
export function bradleyTerry(wins: readonly (readonly number[])[], prior: number): number[] {
  let abilities = wins.map(() => 1 / wins.length);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = normalised(abilities.map((_, player) => ability(player, abilities, wins, prior)));
    const change = next.reduce((most, value, player) => Math.max(most, Math.abs(value - abilities[player]!)), 0);
    abilities = next;
    if (change < SETTLED) break;
  }
  return abilities;
}

function ability(player: number, abilities: readonly number[], wins: readonly (readonly number[])[], prior: number): number {
  let won = 0;
  let expected = 0;
  for (const [other, theirs] of abilities.entries()) {
    if (other === player) continue;
    const ours = wins[player]![other]! + prior;
    won += ours;
    expected += (ours + wins[other]![player]! + prior) / (abilities[player]! + theirs);
  }
  return expected > 0 ? won / expected : abilities[player]!;
}

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** Who beat whom; matches without a verdict are left out (methods A.11). */
export function winsOf(players: number, matches: readonly Match[]): number[][] {
  const wins = Array.from({ length: players }, () => new Array<number>(players).fill(0));
  for (const { pair, points, valid } of matches) {
    if (!valid) continue;
    wins[pair[0]]![pair[1]]! += points;
    wins[pair[1]]![pair[0]]! += 1 - points;
  }
  return wins;
}
