/** Distances and regrets between every two rewards, and between each and gold, as means over prompts (methods F.2). */
import type { CandidateSet } from './candidate-set.ts';
import { choiceWeights, regret, rewardDistance } from './reward-distance.ts';

/** Stands for the labels among rewards. */
export const GOLD = 'gold';

interface Sums {
  distance: number;
  weighted: number;
  regretOfA: number;
  regretOfB: number;
  problems: number;
}

export class Distances {
  readonly #sums = new Map<string, { a: string; b: string; sums: Sums }>();

  /** A prompt counts for two rewards where at least two candidates have valid scores by both. */
  add({ scores, gold }: CandidateSet): void {
    const all: [string, readonly (number | null)[]][] = [...scores, ...(gold ? [[GOLD, gold] as [string, number[]]] : [])];
    for (const [place, [b, ofB]] of all.entries()) for (const [a, ofA] of all.slice(0, place)) this.#addPair(a, ofA, b, ofB);
  }

  #addPair(a: string, ofA: readonly (number | null)[], b: string, ofB: readonly (number | null)[]): void {
    const both = Array.from(ofA.keys()).filter((place) => ofA[place] !== null && ofB[place] !== null);
    if (both.length < 2) return;
    const [x, y] = [both.map((place) => ofA[place]!), both.map((place) => ofB[place]!)];
    const sums = this.#of(a, b);
    sums.distance += rewardDistance(x, y);
    sums.weighted += rewardDistance(x, y, choiceWeights(x, y));
    sums.regretOfA += regret(x, y);
    sums.regretOfB += regret(y, x);
    sums.problems++;
  }

  #of(a: string, b: string): Sums {
    const key = JSON.stringify([a, b]);
    const known = this.#sums.get(key);
    if (known) return known.sums;
    const sums = { distance: 0, weighted: 0, regretOfA: 0, regretOfB: 0, problems: 0 };
    this.#sums.set(key, { a, b, sums });
    return sums;
  }

  report() {
    return Array.from(this.#sums.values(), ({ a, b, sums: { problems, ...sums } }) => ({
      a,
      b,
      distance: sums.distance / problems,
      weighted: sums.weighted / problems,
      regret_of_a: sums.regretOfA / problems,
      regret_of_b: sums.regretOfB / problems,
      problems,
    }));
  }
}
