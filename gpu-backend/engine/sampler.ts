import { WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import { LOWEST_TEMPERATURE, type Outputs } from '../models/language-model.ts';

export type SamplerSettings = Pick<Sampling, 'temperature' | 'top_k' | 'top_p' | 'min_p'>;

// Bits of a float32 that name its bucket: sign, exponent and 7 digits of the fraction. Of numbers from 0 to 1 there are
// 16,257, in the order of the numbers.
const BUCKET_SHIFT = 16;
const BUCKETS = (0x3f80_0000 >> BUCKET_SHIFT) + 1;
// Parts of the vocabulary whose sums are taken first, so that a draw adds each probability once.
const PARTS = 64;

/**
 * From the outputs of a run to a token. The filters work on the tempered distribution, in the order top_k, top_p (of what
 * top_k left), min_p (against the most probable token); all are exact over the whole vocabulary, and none sorts it. Owns
 * its scratch memory, so one sampler serves one engine.
 */
export class Sampler {
  readonly #weights: Float32Array;
  /** The same memory: numbers of one sign are in the order of their bits. */
  readonly #bits: Uint32Array;
  readonly #counts = new Uint32Array(BUCKETS);
  readonly #masses = new Float64Array(BUCKETS);
  readonly #sums = new Float64Array(PARTS);

  constructor(vocabulary: number) {
    this.#weights = new Float32Array(vocabulary);
    this.#bits = new Uint32Array(this.#weights.buffer);
  }

  /**
   * Draws a token; temperature 0 takes the most probable one, of equals the first.
   *
   * @param outputs  of one position: logits and probabilities, [vocabulary] each
   * @param uniform  in [0, 1): decides which token, as a place on the line of the kept probabilities in order of id
   * @throws WinnowError where a logit is NaN or infinite upwards
   */
  sample(outputs: Outputs, { temperature, top_k: topK, top_p: topP, min_p: minP }: SamplerSettings, uniform: number): number {
    if (temperature === 0) return largest(outputs.logits);
    const { probabilities } = outputs;
    const usable = probabilities !== null && temperature >= LOWEST_TEMPERATURE;
    if (usable && topK === 0 && topP === 1 && minP === 0) return this.#draw(probabilities, uniform, outputs.logits);
    const weights = this.#weights;
    if (usable) weights.set(probabilities);
    else setWeights(weights, outputs.logits, temperature);
    if ((topK > 0 && topK < weights.length) || topP < 1) this.#keepMostProbable(topK || weights.length, topP);
    if (minP > 0) dropBelow(weights, minP);
    return this.#draw(weights, uniform, outputs.logits);
  }

  /** Sets the weights of all but the `topK` largest, and of these all beyond `topP` of their sum, to 0. */
  #keepMostProbable(topK: number, topP: number): void {
    this.#fillBuckets();
    const last = this.#lastBucket(topK);
    const atLast = this.#inBucket(last.bucket).slice(0, topK - last.count);
    if (topP === 1) {
      this.#keep(last.bucket, atLast);
      return;
    }
    const kept = last.mass + this.#sumOf(atLast);
    const enough = topP * kept;
    const cut = this.#lastBucket(topK, enough);
    const tokens = cut.bucket === last.bucket ? atLast : this.#inBucket(cut.bucket);
    let mass = cut.mass;
    const until = tokens.findIndex((token) => {
      mass += this.#weights[token]!;
      return mass >= enough;
    });
    this.#keep(cut.bucket, until < 0 ? tokens : tokens.slice(0, until + 1));
  }

  #fillBuckets(): void {
    this.#counts.fill(0);
    this.#masses.fill(0);
    for (let token = 0; token < this.#weights.length; token++) {
      const bucket = Math.min(this.#bits[token]! >>> BUCKET_SHIFT, BUCKETS - 1);
      this.#counts[bucket]!++;
      this.#masses[bucket]! += this.#weights[token]!;
    }
  }

  /** The bucket, from the top, in which the `count`-th token or `mass` lies; with what lies above it. */
  #lastBucket(count: number, mass = Number.POSITIVE_INFINITY): { bucket: number; count: number; mass: number } {
    let above = 0;
    let massAbove = 0;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket--) {
      if (above + this.#counts[bucket]! >= count || massAbove + this.#masses[bucket]! >= mass)
        return { bucket, count: above, mass: massAbove };
      above += this.#counts[bucket]!;
      massAbove += this.#masses[bucket]!;
    }
    return { bucket: 0, count: above, mass: massAbove };
  }

  /** Tokens of a bucket, the most probable first, of equals the lower id. */
  #inBucket(bucket: number): number[] {
    const tokens: number[] = [];
    for (let token = 0; token < this.#bits.length; token++)
      if (Math.min(this.#bits[token]! >>> BUCKET_SHIFT, BUCKETS - 1) === bucket) tokens.push(token);
    return tokens.sort((a, b) => this.#weights[b]! - this.#weights[a]! || a - b);
  }

  #sumOf(tokens: readonly number[]): number {
    return tokens.reduce((sum, token) => sum + this.#weights[token]!, 0);
  }

  /** Drops what lies below a bucket, and of its own tokens all but these. */
  #keep(bucket: number, tokens: readonly number[]): void {
    const kept = tokens.map((token) => this.#weights[token]!);
    for (let token = 0; token < this.#bits.length; token++)
      if (Math.min(this.#bits[token]! >>> BUCKET_SHIFT, BUCKETS - 1) <= bucket) this.#weights[token] = 0;
    for (const [place, token] of tokens.entries()) this.#weights[token] = kept[place]!;
  }

  #draw(weights: Float32Array, uniform: number, logits: Float32Array): number {
    const size = Math.ceil(weights.length / PARTS);
    let total = 0;
    for (let part = 0; part < PARTS; part++) {
      let sum = 0;
      for (let token = part * size, end = Math.min(weights.length, token + size); token < end; token++) sum += weights[token]!;
      this.#sums[part] = sum;
      total += sum;
    }
    if (!(total > 0 && total < Number.POSITIVE_INFINITY)) return largest(logits); // says what is wrong with them
    const target = uniform * total;
    let before = 0;
    let part = 0;
    while (part < PARTS - 1 && before + this.#sums[part]! <= target) before += this.#sums[part++]!;
    let last = -1;
    for (let token = part * size; token < weights.length; token++) {
      if (weights[token] === 0) continue;
      before += weights[token]!;
      last = token;
      if (target < before) return token;
    }
    return last >= 0 ? last : lastWeight(weights); // rounding may leave the target a hair above the sum
  }
}

/** The largest is subtracted first: exp(710) is already infinite in float64. */
function setWeights(weights: Float32Array, logits: Float32Array, temperature: number): void {
  const maximum = logits[largest(logits)]!;
  for (let token = 0; token < weights.length; token++) weights[token] = Math.exp((logits[token]! - maximum) / temperature);
}

function dropBelow(weights: Float32Array, share: number): void {
  let most = 0;
  for (const weight of weights) if (weight > most) most = weight;
  for (let token = 0; token < weights.length; token++) if (weights[token]! < share * most) weights[token] = 0;
}

function lastWeight(weights: Float32Array): number {
  let token = weights.length - 1;
  while (token > 0 && weights[token] === 0) token--;
  return token;
}

/** The most probable token, of equals the first. */
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
