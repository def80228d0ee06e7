import type { ElementType } from '../ort/tensor.ts';

/**
 * A causal language model's graph whose present is a new tensor: the past with the new positions appended (Optimum,
 * transformers.js), or one that has no past at all. Everything here is read from the graph's own declarations.
 */
export interface AppendedLayout {
  readonly inputIds: string;
  readonly attentionMask: string | null;
  readonly positionIds: string | null;
  /** Of a merged decoder: says whether there is a past. */
  readonly useCacheBranch: string | null;
  /** Positions that get logits, counted from the end; 0 is all. */
  readonly logitsToKeep: string | null;
  /** The output, of shape [rows, length, vocabulary]. */
  readonly logits: string;
  readonly logitsType: 'float32' | 'float16';
  readonly vocabulary: number;
  /** Whether the graph was given the inputs and outputs of `decoder-head.ts`. */
  readonly hasHead: boolean;
  /** Keys and values of each layer; none where the graph has no past. */
  readonly caches: readonly AppendedCache[];
}

export interface AppendedCache {
  /** Input, [rows, heads, past, size]. */
  readonly past: string;
  /** Output of the changed graph: the new positions of the present, [rows, heads, new, size]. */
  readonly added: string;
  readonly heads: number;
  readonly size: number;
  readonly type: CacheType;
}

export type CacheType = Extract<ElementType, 'float32' | 'float16' | 'int8' | 'uint8'>;

/** Input of the graph as it is changed at load: which positions of the present are new, counted from its end, int64. */
export const ADDED_POSITIONS = 'winnow_added';
