import type { ClassifierGraph } from './classifier-graph.ts';
import type { RewardInput, RewardModel, RewardParts } from './reward-model.ts';

/** An outcome reward: one number for a whole text, pooled inside the graph at its last token. */
export class SequenceClassifier implements RewardModel {
  readonly kind = 'outcome';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: RewardModel['tokenizer'];
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly #graph: ClassifierGraph;

  constructor({ name, fingerprint, tokenizer, template, context }: RewardParts, graph: ClassifierGraph) {
    if (graph.labels !== 1) throw new Error(`The model "${name}" gives ${graph.labels} numbers a text; a reward has one.`);
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.#graph = graph;
  }

  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const logits = await this.#graph.run(rows.map(({ ids }) => ids));
    return logits.map((row) => [row[0]!]);
  }

  release(): void {
    this.#graph.release();
  }
}
