/** Below this a temperature is 0: the best scores share everything (methods A.5). */
export const COLDEST = 1e-6;

/** Softmax of the scores over a temperature: shares from 0 to 1 that sum to 1 (methods 0.1, A.5). Empty of none. */
export function softmaxShares(scores: readonly number[], temperature: number): number[] {
  const best = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  // The best is subtracted first: exp(710) is already infinite in float64.
  const weights = scores.map((score) =>
    temperature <= COLDEST ? Number(score === best) : Math.exp((score - best) / temperature),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
