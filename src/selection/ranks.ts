import { z } from 'zod';

export const bordaPower = z
  .number()
  .min(0)
  .max(5)
  .default(1)
  .describe('Of ranks: 0 is one vote each, far above it the first alone decides; 0.3 to 2 are sane (methods A.9).');

/**
 * Votes by rank: the best of n has n^power, the last 1 (methods A.9, A.11). Of equal measures the earlier one ranks higher.
 *
 * @see Kang et al. 2025, self-certainty with Borda voting
 */
export function rankVotes(measures: readonly number[], power: number): number[] {
  const order = Array.from(measures.keys()).sort((a, b) => measures[b]! - measures[a]! || a - b);
  const votes = new Array<number>(measures.length);
  for (const [rank, place] of order.entries()) votes[place] = (measures.length - rank) ** power;
  return votes;
}
