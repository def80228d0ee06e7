/** Where positions begin: in a row, or among those that are kept of prefixes. */
export type Place = { readonly row: number; readonly at: number } | { readonly kept: number };

export interface KvSizes {
  /** Positions of all rows together. */
  readonly rows: number;
  /** Positions of kept prefixes. */
  readonly kept: number;
}

/**
 * The memory of keys and values. Rows come first, [rows, heads, capacity, bytes] in each cache, kept prefixes behind them;
 * the cache says what lies where. What it asks for may be done later, in order, but before the next run.
 */
export interface KvStorage {
  /** One array a cache where it is the host's memory, else none. */
  readonly arrays: readonly Uint8Array[];
  /** Copies `length` neighbouring positions, of rows with room for `capacity`. */
  copy(from: Place, to: Place, length: number, capacity: number): void;
  /** Moves the first rows, of these lengths, to where they lie at another capacity. */
  resize(lengths: readonly number[], from: number, to: number): void;
  release(): void;
}

/** The memory of a device, for the keys and values of one model. */
export interface KvMemory {
  /** Longest rows that it needs besides: one where a row that is read cannot be bound alone. */
  readonly spareRows: 0 | 1;
  /**
   * Takes it, once.
   *
   * @param context  positions of the longest row
   * @throws Error where there is not so much
   */
  allocate(sizes: KvSizes, context: number): KvStorage;
}
