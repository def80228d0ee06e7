/** How far best-of-N moves a policy from itself: the Kullback-Leibler divergence, in nats (methods F.4). */

/** ln N - (N - 1) / N: reached where rewards are continuous, so that nothing ties; an upper bound elsewhere. */
export const klUpperBound = (n: number): number => Math.log(n) - (n - 1) / n;

/** The N whose bound is `kl`: where a curve over the divergence says N. Real, at least 1. */
export function nOfKl(kl: number): number {
  let [low, high] = [0, kl + 1]; // ln N - 1 < bound, so ln N < kl + 1
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (middle - 1 + Math.exp(-middle) < kl) low = middle;
    else high = middle;
  }
  return Math.exp(high);
}

/** Share of the draws that best-of-N wins against one sample, by a reward without ties. */
export const winRate = (n: number): number => n / (n + 1);

/**
 * The divergence of best-of-N where there are few outcomes.
 *
 * @param probabilities  of the outcomes, from the worst reward to the best; equal rewards are one outcome
 */
export function klBestOfN(probabilities: readonly number[], n: number): number {
  let [below, reached, kl] = [0, 0, 0];
  for (const probability of probabilities) {
    below += probability;
    const power = Math.min(1, below) ** n;
    const chosen = power - reached;
    reached = power;
    if (chosen > 0) kl += chosen * Math.log(chosen / probability);
  }
  return kl;
}

/** Shares of the distinct values, ascending: the samples taken for the whole distribution. */
export function outcomeShares(scores: readonly number[]): number[] {
  const sorted = scores.toSorted((a, b) => a - b);
  const shares: number[] = [];
  for (const [place, score] of sorted.entries()) {
    if (place > 0 && score === sorted[place - 1]) shares[shares.length - 1]! += 1 / sorted.length;
    else shares.push(1 / sorted.length);
  }
  return shares;
}
