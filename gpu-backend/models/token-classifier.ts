import type { ClassifierGraph } from './classifier-graph.ts';
import type { RewardInput, RewardModel, RewardParts } from './reward-model.ts';

/**
 * A process reward: one number at the last token of each step. Of two labels it is the probability of label 1 (softmax);
 * a single label is given as it is.
 */
export class TokenClassifier implements RewardModel {
  readonly kind = 'process';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: RewardModel['tokenizer'];
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly #graph: ClassifierGraph;

  constructor({ name, fingerprint, tokenizer, template, context }: RewardParts, graph: ClassifierGraph) {
    if (graph.labels > 2)
      throw new Error(`The model "${name}" gives ${graph.labels} numbers a token; a process reward has one or two.`);
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.#graph = graph;
  }

  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const logits = await this.#graph.run(rows.map(({ ids }) => ids));
    return rows.map(({ stepEnds }, row) => stepEnds.map((end) => this.#value(logits[row]!, end)));
  }

  release(): void {
    this.#graph.release();
  }

  #value(logits: Float32Array, token: number): number {
    if (this.#graph.labels === 1) return logits[token]!;
    return 1 / (1 + Math.exp(logits[2 * token]! - logits[2 * token + 1]!)); // softmax of two, its second member
  }
}
