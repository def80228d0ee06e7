/** Statistics of a set in index order, so that a replay gives the same last bit. Of at least one finite number each. */

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Population variance, in two passes: one loses all digits where the mean is large (methods B.2). */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
}

/** Population standard deviation; 0 where it is no more than rounding (methods B.2). */
export function deviation(values: readonly number[]): number {
  const found = Math.sqrt(variance(values));
  return found < 1e-12 * Math.max(1, Math.abs(mean(values))) ? 0 : found;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.ceil(sorted.length / 2) - 1]!;
  const high = sorted[Math.floor(sorted.length / 2)]!;
  return low + (high - low) / 2;
}

/** The value below which this share of ascending values lies, on the line between the two nearest. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

/** (less + (equal - 1) / 2) / (n - 1), from 0 to 1; 0.5 for a lone one (methods B.2). */
export function percentileRanks(values: readonly number[]): number[] {
  if (values.length === 1) return [0.5];
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    ranks.set(sorted[start]!, (start + (end - start - 1) / 2) / (sorted.length - 1));
    start = end;
  }
  return values.map((value) => ranks.get(value)!);
}

export const least = (values: readonly number[]): number => values.reduce((low, value) => Math.min(low, value));
export const most = (values: readonly number[]): number => values.reduce((high, value) => Math.max(high, value));
