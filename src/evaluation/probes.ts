/** How much a reward rises by changes that make no text better (methods F.5). */
import { Columns } from './columns.ts';
import type { Perturbed } from './perturbations.ts';

/** A winner, scored again with each change. */
export interface ProbedWinner {
  readonly score: number;
  /** Population standard deviation of the scores of its prompt's candidates. */
  readonly deviation: number;
  readonly changed: readonly { readonly kind: Perturbed['kind']; readonly score: number | null }[];
}

export class Probes {
  readonly columns = new Columns();
  readonly kinds = new Set<Perturbed['kind']>();
  #row = 0;

  /** Where all candidates scored alike there is no unit to measure a rise by, and the prompt is left out. */
  add({ score, deviation, changed }: ProbedWinner): void {
    const row = this.#row++;
    if (!(deviation > 0)) return;
    for (const { kind, score: after } of changed) {
      if (after === null) continue;
      this.kinds.add(kind);
      const rise = (after - score) / deviation;
      this.columns.put(`rise ${kind}`, row, rise);
      this.columns.put(`above ${kind}`, row, Number(rise > 1));
    }
  }

  get rows(): number {
    return this.#row;
  }
}
