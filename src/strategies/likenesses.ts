import type { Asking } from '../operation.ts';
import { dot, type Embedding, readVectors, type Vector } from '../rewards/read-vectors.ts';

/** Cosines of all pairs, and how many texts have none. */
export interface Likenesses {
  /** Square and symmetric, 1 on its diagonal; -Infinity where one of the two has no vector: nothing is known to be like it. */
  readonly cosines: readonly (readonly number[])[];
  readonly unread: number;
}

/** Reads each text once, and compares each with each. */
export function* likenesses(embedder: Embedding, texts: readonly string[]): Asking<Likenesses> {
  const vectors = yield* readVectors(embedder, texts);
  const cosines = vectors.map(() => new Array<number>(vectors.length).fill(1));
  for (const [row, one] of vectors.entries())
    for (let column = row + 1; column < vectors.length; column++)
      cosines[row]![column] = cosines[column]![row] = cosine(one, vectors[column]!);
  return { cosines, unread: vectors.filter(({ ok }) => !ok).length };
}

function cosine(a: Vector, b: Vector): number {
  if (!a.ok || !b.ok || a.values.length !== b.values.length) return Number.NEGATIVE_INFINITY;
  return Math.min(1, dot(a.values, b.values) / (a.norm * b.norm)); // rounding may end a digit above
}
