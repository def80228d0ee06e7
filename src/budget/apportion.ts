import { sum } from '../selection/statistics.ts';

const EXACT = 1e9; // fractional parts that differ by less are equal: 0.07 x 50 is a little more than 3.5

/**
 * Divides a whole by shares: the largest-remainder rule. Every part is a whole number, and together they are `total` exactly.
 * The greater fraction comes first, then the larger share, then the lower index.
 *
 * @param shares  not negative; their sum is 1
 * @param total   a whole number, not negative
 * @see methods 0.7, 0.8
 */
export function apportion(shares: readonly number[], total: number): number[] {
  const exact = shares.map((share) => Math.round(share * total * EXACT) / EXACT);
  const parts = exact.map(Math.floor);
  const left = total - sum(parts);
  const order = shares.map((share, place) => ({ place, share, fraction: Math.round((exact[place]! % 1) * EXACT) }));
  order.sort((a, b) => b.fraction - a.fraction || b.share - a.share || a.place - b.place);
  for (const { place } of order.slice(0, Math.max(0, left))) parts[place]! += 1;
  return parts;
}
