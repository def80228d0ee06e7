/** Where an answer might have gone on differently: tokens of high entropy, apart from each other (methods C.11, C.15). */

/**
 * Entropy in nats of what a token was drawn from, by its most probable alternatives: renormalised among these, so it is an
 * estimate from below.
 *
 * @param logprobs  of the alternatives; at least one
 */
export function entropyOf(logprobs: readonly number[]): number {
  const most = Math.max(...logprobs);
  const weights = logprobs.map((logprob) => Math.exp(logprob - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total).filter((share) => share > 0); // 0 ln 0 is 0
  return shares.reduce((sum, share) => sum - share * Math.log(share), 0);
}

export interface ForkRules {
  /** Of the positions that may be taken, those that are. */
  readonly share: number;
  /** Tokens from one to the next, at least. */
  readonly minGap: number;
}

/**
 * The positions of the highest entropy, in descending order of it, of equal ones the lower first: a `share` of those that may
 * be taken, at least one, none nearer than `minGap` to one already taken.
 *
 * @param entropies  by position; undefined where none may be taken
 */
export function forkPositions(entropies: readonly (number | undefined)[], { share, minGap }: ForkRules): number[] {
  const eligible = [...entropies.keys()].filter((position) => entropies[position] !== undefined);
  const wanted = Math.max(1, Math.floor(share * eligible.length + EXACT));
  const taken: number[] = [];
  for (const position of eligible.sort((a, b) => entropies[b]! - entropies[a]! || a - b)) {
    if (taken.length >= wanted) break;
    if (taken.every((other) => Math.abs(position - other) >= minGap)) taken.push(position);
  }
  return taken;
}

const EXACT = 1e-9; // 0.29 x 100 is a little less than 29
