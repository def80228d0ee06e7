import type { RewardInput } from '../../tokens/reward-row.ts';

/** Anything that a graph reads as a row of ids. */
interface Row {
  readonly input: Pick<RewardInput, 'ids'>;
}

export interface BatchLimits {
  /** Tokens of a batch, padding included; a row that is longer is a batch by itself. */
  readonly most: number;
  /** Rows of one length only, for a graph that pads neither side right. */
  readonly equal?: boolean;
}

/** Rows in batches of like lengths, the shortest first, so that little is padded. */
export function batches<T extends Row>(rows: readonly T[], { most, equal = false }: BatchLimits): T[][] {
  const result: T[][] = [];
  let batch: T[] = [];
  for (const row of rows.toSorted((a, b) => lengthOf(a) - lengthOf(b))) {
    const isFull = (batch.length + 1) * lengthOf(row) > most;
    const isLonger = equal && batch.length > 0 && lengthOf(batch[0]!) < lengthOf(row);
    if (batch.length > 0 && (isFull || isLonger)) {
      result.push(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) result.push(batch);
  return result;
}

const lengthOf = ({ input }: Row): number => input.ids.length;
