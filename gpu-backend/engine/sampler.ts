import { WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';

export type SamplerSettings = Pick<Sampling, 'temperature' | 'top_k' | 'top_p' | 'min_p'>;

/** A token, and the natural log of its probability. */
export interface Alternative {
  readonly token: number;
  readonly logprob: number;
}

/**
 * From logits to a token. The filters work on the tempered distribution, in the order top_k, top_p (of what top_k left),
 * min_p (against the most probable token). Owns its scratch memory, so one sampler serves one engine.
 */
export class Sampler {
  readonly #weights: Float64Array;
  readonly #order: Uint32Array;

  constructor(vocabulary: number) {
    this.#weights = new Float64Array(vocabulary);
    this.#order = new Uint32Array(vocabulary);
  }

  /**
   * Draws a token; temperature 0 takes the most probable one, of equals the first.
   *
   * @param logits  [vocabulary]
   * @param uniform  in [0, 1): decides which token, as a place on the line of the kept probabilities in order of id
   * @throws WinnowError where a logit is NaN or infinite upwards
   */
  sample(logits: Float32Array, { temperature, top_k: topK, top_p: topP, min_p: minP }: SamplerSettings, uniform: number): number {
    const best = largest(logits);
    if (temperature === 0) return best;
    const weights = this.#weights;
    const maximum = logits[best]!;
    // the largest is subtracted first: exp(710) is already infinite in float64
    for (let token = 0; token < weights.length; token++) weights[token] = Math.exp((logits[token]! - maximum) / temperature);
    if ((topK > 0 && topK < weights.length) || topP < 1) this.#keepMostProbable(topK, topP);
    if (minP > 0) for (let token = 0; token < weights.length; token++) if (weights[token]! < minP) weights[token] = 0;
    return draw(weights, uniform);
  }

  /** Sets the weights of all but the `topK` largest, and of these all beyond `topP` of their sum, to 0. */
  #keepMostProbable(topK: number, topP: number): void {
    const weights = this.#weights;
    const order = this.#order.map((_, token) => token).sort((a, b) => weights[b]! - weights[a]! || a - b);
    let kept = topK > 0 ? Math.min(topK, order.length) : order.length;
    if (topP < 1) {
      const enough = topP * order.subarray(0, kept).reduce((sum, token) => sum + weights[token]!, 0);
      for (let [place, sum] = [0, 0]; place < kept; place++) {
        sum += weights[order[place]!]!;
        if (sum >= enough) kept = place + 1;
      }
    }
    for (const token of order.subarray(kept)) weights[token] = 0;
  }
}

/** Natural log of each token's probability under the untempered distribution: logit minus log of the sum of exponentials. */
export function logNormaliser(logits: Float32Array): number {
  const maximum = logits[largest(logits)]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - maximum);
  return maximum + Math.log(sum);
}

/** The `count` most probable tokens, the best first; of equals the lower id first. An impossible one is none of them. */
export function mostProbable(logits: Float32Array, count: number): Alternative[] {
  const normaliser = logNormaliser(logits);
  const best: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    if (logits[token] === Number.NEGATIVE_INFINITY) continue;
    let place = best.length;
    while (place > 0 && logits[best[place - 1]!]! < logits[token]!) place--;
    if (place < count) {
      best.splice(place, 0, token);
      if (best.length > count) best.pop();
    }
  }
  return best.map((token) => ({ token, logprob: logits[token]! - normaliser }));
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let token = 0; token < logits.length; token++) {
    if (logits[token]! > logits[best]!) best = token;
    if (Number.isNaN(logits[token]) || logits[token] === Number.POSITIVE_INFINITY) {
      throw new WinnowError('internal_error', `The model gave a logit that is ${logits[token]} (token ${token}).`);
    }
  }
  if (logits[best] === Number.NEGATIVE_INFINITY)
    throw new WinnowError('internal_error', 'The model gave no token a probability.');
  return best;
}

function draw(weights: Float64Array, uniform: number): number {
  let total = 0;
  for (const weight of weights) total += weight;
  const target = uniform * total;
  let sum = 0;
  let last = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] === 0) continue;
    sum += weights[token]!;
    last = token;
    if (target < sum) return token;
  }
  return last; // rounding may leave the target a hair above the sum
}
