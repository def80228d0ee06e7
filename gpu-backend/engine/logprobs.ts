import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Outputs } from '../models/language-model.ts';

/** How a token reads in a list of log-probabilities. */
export interface TokenNames {
  name(id: number): string;
}

/** A token, and the natural log of its probability. */
export interface Alternative {
  readonly token: number;
  readonly logprob: number;
}

// Below this a float32 has lost digits.
const PRECISE = 1e-30;

/**
 * What is told of a sampled token: its log-probability under the untempered distribution, and `count` alternatives.
 *
 * @param temperature  that the probabilities are of
 */
export function logprobOf(
  outputs: Outputs,
  token: number,
  { temperature, count, names }: { temperature: number; count: number; names: TokenNames },
): TokenLogprob {
  const normaliser = normaliserOf(outputs, token, temperature);
  const own = { token: names.name(token), logprob: outputs.logits[token]! - normaliser };
  if (count === 0) return own;
  const top = mostProbable(outputs.logits, count, normaliser).map((each) => ({
    token: names.name(each.token),
    logprob: each.logprob,
  }));
  return { ...own, top };
}

/** The number that turns logits into log-probabilities; from one probability where they are of temperature 1. */
export function normaliserOf({ logits, probabilities }: Outputs, token: number, temperature: number): number {
  const probability = temperature === 1 && probabilities ? probabilities[token]! : 0;
  return probability > PRECISE ? logits[token]! - Math.log(probability) : logNormaliser(logits);
}

/** Natural log of the sum of exponentials: subtracted from a logit it gives the log-probability. */
export function logNormaliser(logits: Float32Array): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > maximum) maximum = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - maximum);
  return maximum + Math.log(sum);
}

/** The `count` most probable tokens, the best first; of equals the lower id first. An impossible one is none of them. */
export function mostProbable(logits: Float32Array, count: number, normaliser = logNormaliser(logits)): Alternative[] {
  const best: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    if (logits[token] === Number.NEGATIVE_INFINITY) continue;
    if (best.length === count && logits[token]! <= logits[best[count - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && logits[best[place - 1]!]! < logits[token]!) place--;
    best.splice(place, 0, token);
    if (best.length > count) best.pop();
  }
  return best.map((token) => ({ token, logprob: logits[token]! - normaliser }));
}
