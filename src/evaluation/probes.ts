/** How much a reward rises by changes that make no text better (methods F.5). */
import { Columns } from './columns.ts';

export class Probes {
  readonly columns = new Columns();
  readonly kinds = new Set<string>();
  #row = 0;

  /** A winner that was scored again: what each change did, in standard deviations of the scores of its prompt. */
  add(rises: Readonly<Record<string, number | null>>): void {
    const row = this.#row++;
    for (const [kind, rise] of Object.entries(rises)) {
      if (rise === null) continue;
      this.kinds.add(kind);
      this.columns.put(`rise ${kind}`, row, rise);
      this.columns.put(`above ${kind}`, row, Number(rise > 1));
    }
  }

  get rows(): number {
    return this.#row;
  }
}
