import type { PromptReader } from '../../src/tokens/prompt.ts';
import type { KvMemory, KvStorage } from './kv-storage.ts';

/** A policy as the engine sees it: ids in, logits and probabilities out, over the rows of a key/value buffer. */
export interface LanguageModel extends PromptReader {
  readonly kind: 'policy';
  readonly name: string;
  readonly fingerprint: string;
  /** Ids are below this. */
  readonly vocabulary: number;
  /** Ids that end a text. */
  readonly endTokens: ReadonlySet<number>;
  /** What a position takes in each cache: one entry for the keys and one for the values of each layer. */
  readonly caches: readonly CacheShape[];
  /** Memory of the device that its graph keeps them in; null or absent where that is the host's. */
  readonly memory?: KvMemory | null;
  /** Finds out what its device does right, where it is not the cpu; before any `rows`. */
  tryDevice?(): Promise<void>;
  /** Runs over the rows of this buffer. */
  rows(buffer: KvBuffer): LanguageRows;
  release(): void;
}

/** Memory of one position in one cache. */
export interface CacheShape {
  readonly heads: number;
  /** Of one head. */
  readonly bytes: number;
}

/** Memory of every row: the engine's, which gives rows their places and moves them between runs. */
export interface KvBuffer {
  /** One array a cache, [rows, heads, capacity, bytes]; it may be longer than the rows in use. None on a device. */
  readonly arrays: readonly Uint8Array[];
  /** What `LanguageModel.memory` has allocated. */
  readonly storage?: KvStorage;
  /** Positions that a row has room for now. */
  readonly capacity: number;
  /** Rows that there may ever be. */
  readonly maxRows: number;
}

/** One token more in each of the first rows. */
export interface DecodeStep {
  /** Next token of each row, [rows]. */
  readonly tokens: ArrayLike<number>;
  /** Positions that each row holds before it, [rows]. */
  readonly lengths: ArrayLike<number>;
  /** Softmax temperature of each row, [rows]; 0 where none is needed. */
  readonly temperatures: ArrayLike<number>;
}

/** Several tokens more in one row. */
export interface ReadStep {
  readonly row: number;
  readonly tokens: readonly number[];
  /** Positions that the row holds before them. */
  readonly past: number;
  readonly temperature: number;
  /** Which of the tokens are wanted: the last one, or each. */
  readonly wanted: 'last' | 'each';
}

/** What a run says of the next token at each wanted position, in order. Good until the next run. */
export interface Outputs {
  /** [positions, vocabulary], of the untempered distribution. */
  readonly logits: Float32Array;
  /** Softmax of logits / temperature, [positions, vocabulary]; null where the graph cannot give it. */
  readonly probabilities: Float32Array | null;
}

/** Runs. Nothing may touch the buffer between the start of one and its end, and no two may overlap. */
export interface LanguageRows {
  decode(step: DecodeStep): Promise<Outputs>;
  read(step: ReadStep): Promise<Outputs>;
  /** The buffer has another capacity now. */
  resized(): void;
  release(): void;
}

/** 1 / temperature as the graph is given it. Below 0.01 float32 overflows: the sampler then works from the logits. */
export const scaleOf = (temperature: number): number => (temperature < LOWEST_TEMPERATURE ? 1 : 1 / temperature);

/** From here on the probabilities of a run are good. */
export const LOWEST_TEMPERATURE = 0.01;
