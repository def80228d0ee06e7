import type { EncoderGraph } from './encoder-graph.ts';
import type { RewardInput, RewardModel, RewardParts, RewardReading } from './reward-model.ts';

/** From the logits of a text to its score. */
export interface Readout {
  /** Which of the logits. */
  readonly label: number;
  readonly activation: 'none' | 'sigmoid' | 'softmax';
}

/** An outcome reward: one number for a whole text, pooled inside the graph. */
export class SequenceClassifier implements RewardModel {
  readonly kind = 'outcome';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: RewardModel['tokenizer'];
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly reading: RewardReading;
  readonly #graph: EncoderGraph;
  readonly #readout: Readout;

  constructor({ name, fingerprint, tokenizer, template, context, reading }: RewardParts, graph: EncoderGraph, readout: Readout) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.reading = reading;
    this.#graph = graph;
    this.#readout = readout;
  }

  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const logits = await this.#graph.run(rows);
    return logits.map((row) => [readOut(row, this.#readout)]);
  }

  release(): void {
    this.#graph.release();
  }
}

/** One logit as it is, its sigmoid, or its share of the softmax over all of the text (or token). */
export function readOut(logits: Float32Array, { label, activation }: Readout): number {
  const logit = logits[label]!;
  if (activation === 'none') return logit;
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-logit));
  // relative to the one that is read: no exponential of it can overflow but those of labels that win by far
  return 1 / logits.reduce((sum, other) => sum + Math.exp(other - logit), 0);
}
