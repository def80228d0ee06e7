/** Rows of different lengths as the two inputs of a graph, each [rows, length]. */
export interface PaddedRows {
  /** Tokens of the longest row. */
  readonly length: number;
  readonly ids: BigInt64Array;
  /** 1 where a row has a token, 0 where it is padded. */
  readonly mask: BigInt64Array;
}

/** Rows of ids, padded to the longest; on the right where no side is said. */
export function padded(rows: readonly (readonly number[])[], padding: number, side: 'left' | 'right' = 'right'): PaddedRows {
  const length = Math.max(...rows.map((row) => row.length));
  const ids = new BigInt64Array(rows.length * length).fill(BigInt(padding));
  const mask = new BigInt64Array(rows.length * length);
  for (const [row, tokens] of rows.entries()) {
    const start = row * length + (side === 'left' ? length - tokens.length : 0);
    for (const [place, token] of tokens.entries()) ids[start + place] = BigInt(token);
    mask.fill(1n, start, start + tokens.length);
  }
  return { length, ids, mask };
}
