/** Rows of different lengths as the two inputs of a graph, each [rows, length]. */
export interface PaddedRows {
  /** Tokens of the longest row. */
  readonly length: number;
  readonly ids: BigInt64Array;
  /** 1 where a row has a token, 0 where it is padded. */
  readonly mask: BigInt64Array;
}

/** Rows of ids, padded on the right to the longest. */
export function padded(rows: readonly (readonly number[])[], padding: number): PaddedRows {
  const length = Math.max(...rows.map((row) => row.length));
  const ids = new BigInt64Array(rows.length * length).fill(BigInt(padding));
  const mask = new BigInt64Array(rows.length * length);
  for (const [row, tokens] of rows.entries()) {
    for (const [place, token] of tokens.entries()) ids[row * length + place] = BigInt(token);
    mask.fill(1n, row * length, row * length + tokens.length);
  }
  return { length, ids, mask };
}
