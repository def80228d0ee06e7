/** A score as the expectation over the tokens that say it (methods B.10; G-Eval). */

/** What a judge says before its answer is normalised. */
export type Expectation =
  | {
      readonly ok: true;
      readonly value: number;
      /** Standard deviation of the value over the tokens. */
      readonly spread: number;
      /** Probability of all tokens together, before it is made 1. */
      readonly mass: number;
      /** Of each token among them; they sum to 1. */
      readonly probabilities: readonly number[];
    }
  /** `low_mass`: the judge would rather say something else. `not_one_distribution`: more than 1 in all. */
  | { readonly ok: false; readonly reason: 'low_mass' | 'not_one_distribution'; readonly mass: number };

const ROUNDING = 1e-3; // of half precision

/**
 * @param logprobs  natural log of the probability of each token; null where it is not among those that were told: 0
 * @param values  what each token is worth
 */
export function expectation(logprobs: readonly (number | null)[], values: readonly number[], minMass: number): Expectation {
  const weights = logprobs.map((logprob) => (logprob === null ? 0 : Math.exp(logprob)));
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(mass <= 1 + ROUNDING)) return { ok: false, reason: 'not_one_distribution', mass: Number.isFinite(mass) ? mass : 0 };
  if (mass < minMass) return { ok: false, reason: 'low_mass', mass };
  const probabilities = weights.map((weight) => weight / mass);
  const value = probabilities.reduce((sum, probability, place) => sum + probability * values[place]!, 0);
  const variance = probabilities.reduce((sum, probability, place) => sum + probability * (values[place]! - value) ** 2, 0);
  return { ok: true, value, spread: Math.sqrt(variance), mass, probabilities };
}
