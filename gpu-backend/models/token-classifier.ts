import type { EncoderGraph } from './encoder-graph.ts';
import type { RewardInput, RewardModel, RewardParts, RewardReading } from './reward-model.ts';
import { type Readout, readOut } from './sequence-classifier.ts';

/**
 * A process reward: one number at a token of each step. Of two labels it is the probability of label 1 (softmax) where the
 * configuration says nothing else; a single label is given as it is.
 */
export class TokenClassifier implements RewardModel {
  readonly kind = 'process';
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
    const { size } = this.#graph;
    return rows.map(({ stepEnds }, row) =>
      stepEnds.map((end) => readOut(logits[row]!.subarray(end * size, (end + 1) * size), this.#readout)),
    );
  }

  release(): void {
    this.#graph.release();
  }
}
