/** Anything that a graph reads as a row of ids. */
interface Row {
  readonly ids: readonly number[];
}

/**
 * Rows in batches of like lengths, the shortest first, so that little is padded.
 *
 * @param most  tokens of a batch, padding included; a row that is longer is a batch by itself
 */
export function batches<T extends Row>(rows: readonly T[], most: number): T[][] {
  const result: T[][] = [];
  let batch: T[] = [];
  for (const row of rows.toSorted((a, b) => a.ids.length - b.ids.length)) {
    if (batch.length > 0 && (batch.length + 1) * row.ids.length > most) {
      result.push(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) result.push(batch);
  return result;
}
