import type { Truncate } from '../../schemas/backend.ts';
import type { Asking } from '../operation.ts';
import { read } from '../operation.ts';

/** A text's direction, of length 1, or why it has none. */
export type Vector =
  | {
      readonly ok: true;
      readonly unit: readonly number[];
      /** As the embedder gave it. */
      readonly given: readonly number[];
      readonly truncated: number | undefined;
    }
  | { readonly ok: false; readonly reason: string };

interface Embedding {
  readonly name: string;
  readonly config: { readonly backend: string; readonly model: string; readonly truncate?: Truncate };
}

/** Texts of one call (schemas/embed.ts). */
const AT_ONCE = 16_384;

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
  const most = given.vector.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  if (!Number.isFinite(most)) return { ok: false, reason: 'not_finite' };
  if (most === 0) return { ok: false, reason: 'no_direction' };
  const scaled = given.vector.map((value) => value / most); // squares of large numbers would be infinite
  const length = Math.hypot(...scaled);
  return { ok: true, unit: scaled.map((value) => value / length), given: given.vector, truncated: given.truncated };
}
