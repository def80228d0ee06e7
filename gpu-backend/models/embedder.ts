import type { RewardInput } from '../../src/tokens/reward-row.ts';
import type { EncoderGraph } from './encoder-graph.ts';
import type { TextModel } from './reward-model.ts';

/** From the numbers of each token to those of the text; `graph`: the graph has done it. */
export type Pooling = 'mean' | 'cls' | 'last' | 'max' | 'graph';

export interface EmbedderParts extends Pick<TextModel, 'name' | 'fingerprint' | 'tokenizer' | 'template' | 'context'> {
  readonly pooling: Pooling;
  /** To length 1. */
  readonly normalize: boolean;
}

/** A text as a vector. */
export class Embedder implements TextModel {
  readonly kind = 'embedding';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: TextModel['tokenizer'];
  readonly template: TextModel['template'];
  readonly context: number;
  readonly pooling: Pooling;
  readonly normalize: boolean;
  readonly dimensions: number;
  readonly #graph: EncoderGraph;

  constructor({ name, fingerprint, tokenizer, template, context, pooling, normalize }: EmbedderParts, graph: EncoderGraph) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.pooling = pooling;
    this.normalize = normalize;
    this.dimensions = graph.size;
    this.#graph = graph;
  }

  /** One vector a row, [dimensions]. */
  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const tokens = await this.#graph.run(rows);
    return tokens.map((numbers) => {
      const vector = pooled(numbers, this.dimensions, this.pooling);
      return this.normalize ? normalized(vector) : vector;
    });
  }

  release(): void {
    this.#graph.release();
  }
}

/** @param numbers  of the text's own tokens, padding left out: [length, size] */
function pooled(numbers: Float32Array, size: number, pooling: Pooling): number[] {
  const length = numbers.length / size;
  const column = (dimension: number) => Array.from({ length }, (_, token) => numbers[token * size + dimension]!);
  switch (pooling) {
    case 'graph':
    case 'cls':
      return Array.from(numbers.subarray(0, size));
    case 'last':
      return Array.from(numbers.subarray(numbers.length - size));
    case 'mean':
      return Array.from({ length: size }, (_, dimension) => column(dimension).reduce((sum, value) => sum + value, 0) / length);
    case 'max':
      return Array.from({ length: size }, (_, dimension) => Math.max(...column(dimension)));
  }
}

/** A vector of zeros stays: it has no direction. */
function normalized(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}
