import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Outputs } from '../models/language-model.ts';
import { logprobOf, normaliserOf, type TokenNames } from './logprobs.ts';

/** What is asked of a text that is given, not written. */
export interface Wanted {
  /** Alternatives to tell for each token. */
  readonly topLogprobs: number;
  readonly entropy: boolean;
  /** Divergence from the uniform distribution; absent is no. */
  readonly selfCertainty?: boolean | undefined;
  /** Ids whose probabilities after the text are wanted. */
  readonly answers: readonly number[];
}

/** A token, and in nats what was asked of the distribution that it was chosen from. */
export type MeasuredToken = TokenLogprob & { entropy?: number; self_certainty?: number };

/** What the policy says of a text: of the tokens from `from` on, and of what follows the last one. */
export interface Measured {
  /** One for each token. */
  readonly logprobs: MeasuredToken[];
  /** One for each answer: the natural log of its probability as the next token. */
  answers: number[];
}

/** A text under measurement. It owns what has been told of it so far. */
export class Measurement {
  /** Place of the first token that is told of; 1 or more, since nothing is known of a token before which there is none. */
  readonly from: number;
  /** It was cut short, or its run failed. */
  failed = false;
  #measured: Measured = { logprobs: [], answers: [] };
  readonly #tokens: readonly number[];
  readonly #wanted: Wanted;
  readonly #names: TokenNames;

  constructor(tokens: readonly number[], from: number, wanted: Wanted, names: TokenNames) {
    this.from = Math.max(1, from);
    this.#tokens = tokens;
    this.#wanted = wanted;
    this.#names = names;
  }

  /** Null where it failed. */
  get result(): Measured | null {
    return this.failed ? null : this.#measured;
  }

  /** Its reading begins, for the first time or again. */
  begin(): void {
    this.#measured = { logprobs: [], answers: [] };
  }

  /** Takes what a run says of the token after position `position`; temperature 1. */
  see(position: number, outputs: Outputs): void {
    if (position < this.from - 1) return;
    const next = this.#tokens[position + 1];
    if (next === undefined) this.#measured.answers = this.#answers(outputs);
    else this.#measured.logprobs.push(this.#logprob(outputs, next));
  }

  #logprob(outputs: Outputs, token: number): MeasuredToken {
    const { topLogprobs: count, entropy, selfCertainty } = this.#wanted;
    const told: MeasuredToken = logprobOf(outputs, token, { temperature: 1, count, names: this.#names });
    if (entropy) told.entropy = entropyOf(outputs, token);
    const certainty = selfCertainty ? selfCertaintyOf(outputs, token) : Number.POSITIVE_INFINITY;
    if (Number.isFinite(certainty)) told.self_certainty = certainty;
    return told;
  }

  #answers(outputs: Outputs): number[] {
    const { answers } = this.#wanted;
    if (answers.length === 0) return [];
    const normaliser = normaliserOf(outputs, answers[0]!, 1);
    return answers.map((token) => outputs.logits[token]! - normaliser);
  }
}

/** In nats: the normaliser less the mean logit, so that no logarithm is taken of 49,152 probabilities. */
function entropyOf(outputs: Outputs, token: number): number {
  const { logits, probabilities } = outputs;
  const normaliser = normaliserOf(outputs, token, 1);
  let mean = 0;
  for (let id = 0; id < logits.length; id++) {
    const probability = probabilities ? probabilities[id]! : Math.exp(logits[id]! - normaliser);
    if (probability > 0) mean += probability * logits[id]!; // an impossible token's logit may be minus infinity
  }
  return Math.max(0, normaliser - mean);
}

/** Mean over the vocabulary of ln((1/V) / p), in nats: 0 where all tokens are as likely, infinite where one is impossible. */
function selfCertaintyOf(outputs: Outputs, token: number): number {
  const { logits } = outputs;
  let sum = 0;
  for (const logit of logits) sum += logit;
  return Math.max(0, normaliserOf(outputs, token, 1) - sum / logits.length - Math.log(logits.length));
}
