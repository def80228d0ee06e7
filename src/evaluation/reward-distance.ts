/** How far two rewards are from each other on one set of candidates (methods F.2). Scores are valid ones, one a candidate. */

/**
 * EPIC, which on a finite set of one-step choices is STARC too: both are centred on their mean, brought to length 1, and half
 * the distance is taken. 0 where they are the same up to shift and scale, 1 where one is the other reversed.
 *
 * @param weights  of the candidates, summing to 1: where differences matter more; equal where absent
 */
export function rewardDistance(a: readonly number[], b: readonly number[], weights?: readonly number[]): number {
  const weight = weights ?? a.map(() => 1 / a.length);
  const [one, other] = [canonical(a, weight), canonical(b, weight)];
  return Math.sqrt(weight.reduce((sum, w, place) => sum + w * (one[place]! - other[place]!) ** 2, 0)) / 2;
}

/** Centred and of length 1; zeros where it is constant. The norm is under the weights, which changes nothing where they are equal. */
function canonical(scores: readonly number[], weights: readonly number[]): number[] {
  const mean = scores.reduce((sum, score, place) => sum + weights[place]! * score, 0);
  const centred = scores.map((score) => score - mean);
  const norm = Math.sqrt(centred.reduce((sum, score, place) => sum + weights[place]! * score ** 2, 0));
  return norm <= 1e-12 * Math.max(1, Math.abs(mean)) ? scores.map(() => 0) : centred.map((score) => score / norm);
}

/**
 * Weights of the candidates that best-of-N would choose among: the mean of softmax over both, each as a z-score, so that
 * neither scale decides.
 */
export function choiceWeights(a: readonly number[], b: readonly number[]): number[] {
  const [one, other] = [softmaxOfZ(a), softmaxOfZ(b)];
  return one.map((weight, place) => (weight + other[place]!) / 2);
}

function softmaxOfZ(scores: readonly number[]): number[] {
  const z = canonical(
    scores,
    scores.map(() => 1 / scores.length),
  );
  const most = z.reduce((top, score) => Math.max(top, score), Number.NEGATIVE_INFINITY);
  const exp = z.map((score) => Math.exp(score - most));
  const total = exp.reduce((sum, weight) => sum + weight, 0);
  return exp.map((weight) => weight / total);
}

/** What is lost in `gold` by choosing the best by `proxy`: 0 is nothing. Where several lead, each is as likely. */
export function regret(proxy: readonly number[], gold: readonly number[]): number {
  const top = proxy.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const chosen = gold.filter((_, place) => proxy[place] === top);
  const best = gold.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return best - chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
}
