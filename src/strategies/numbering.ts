import type { Each, Prefix } from '../operation.ts';
import { eachAt } from '../operation.ts';

/** Numbers children, so that no path comes twice, and with it no random stream. */
export class Numbering {
  readonly #next = new Map<string, number>();

  /** Takes `count` numbers at each prefix: the first one of each. A prefix that stands there twice gets others the second time. */
  take(prefixes: readonly Prefix[], count: Each): readonly number[] {
    return prefixes.map(({ id }, place) => {
      const first = this.#next.get(id) ?? 0;
      this.#next.set(id, first + eachAt(count, place));
      return first;
    });
  }
}
