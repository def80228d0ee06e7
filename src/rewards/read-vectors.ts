import type { Truncate } from '../../schemas/backend.ts';
import type { Asking } from '../operation.ts';
import { read } from '../operation.ts';

/** A text as an embedder gives it, or why it does not. */
export type Vector =
  | {
      readonly ok: true;
      /** Half of what numbers take, and as exact: embedders give float32. */
      readonly values: Float32Array;
      /** Its length; never 0. */
      readonly norm: number;
      readonly truncated: number | undefined;
    }
  | { readonly ok: false; readonly reason: string };

/** A reward whose model turns texts into vectors. */
export interface Embedding {
  readonly name: string;
  readonly config: { readonly backend: string; readonly model: string; readonly truncate?: Truncate };
}

/** Texts of one call: as JSON a vector of a thousand numbers takes 20 kB, and a Worker has 128 MB for all. */
const AT_ONCE = 512;

/** Each text's embedding, in order. A call that failed is the failure of its texts. */
export function* readVectors({ name, config }: Embedding, texts: readonly string[]): Asking<Vector[]> {
  const { backend, model, truncate } = config;
  const vectors: Vector[] = [];
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const asked = texts.slice(start, start + AT_ONCE);
    const request = { model, texts: asked, ...(truncate ? { truncate } : {}) };
    const result = yield* read<'embed'>({ reading: 'embed', backend, reward: name, request });
    const given = result.ok ? result.response.vectors : [];
    const reason = result.ok ? 'backend_error' : result.reason;
    vectors.push(...asked.map((_, place) => vectorOf(given.length === asked.length ? given[place]! : { ok: false, reason })));
  }
  return vectors;
}

type Given =
  | { readonly ok: true; readonly vector: readonly number[]; readonly truncated?: number | undefined }
  | { readonly ok: false; readonly reason: string };

/** Zeros have no direction. */
function vectorOf(given: Given): Vector {
  if (!given.ok) return { ok: false, reason: given.reason };
  const values = Float32Array.from(given.vector);
  const norm = Math.sqrt(dot(values, values));
  if (!Number.isFinite(norm)) return { ok: false, reason: 'not_finite' };
  return norm === 0 ? { ok: false, reason: 'no_direction' } : { ok: true, values, norm, truncated: given.truncated };
}

/** Of vectors of one length, in float64. */
export function dot(a: Float32Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) sum += a[axis]! * b[axis]!;
  return sum;
}
