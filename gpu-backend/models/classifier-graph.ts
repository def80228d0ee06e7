import { padded } from '../../src/tokens/padding.ts';
import { Binding } from '../ort/binding.ts';
import type { Session } from '../ort/session.ts';
import { Tensor } from '../ort/tensor.ts';

/** A graph from padded ids to logits: what both kinds of classifier run. */
export class ClassifierGraph {
  /** Numbers that the graph gives for each text, or for each token. */
  readonly labels: number;
  readonly #session: Session;
  readonly #padding: number;
  readonly #perToken: boolean;

  /** @throws Error where the graph has not the inputs `input_ids`, `attention_mask` and the output `logits` of that shape */
  constructor(session: Session, file: string, { padding, perToken }: { padding: number; perToken: boolean }) {
    const inputs = session.inputs.map(({ name, type }) => `${name}: ${type}`).sort();
    if (inputs.join() !== 'attention_mask: int64,input_ids: int64') {
      throw new Error(`${file}: the inputs must be input_ids and attention_mask, int64; they are ${inputs.join(', ')}.`);
    }
    const logits = session.outputs.find(({ name }) => name === 'logits');
    const shape = perToken ? '[batch, length, labels]' : '[batch, labels]';
    if (logits?.type !== 'float32' || logits.shape.length !== (perToken ? 3 : 2) || logits.shape.at(-1)! < 1) {
      throw new Error(`${file}: an output "logits" of shape ${shape}, float32, is needed.`);
    }
    this.labels = logits.shape.at(-1)!;
    this.#session = session;
    this.#padding = padding;
    this.#perToken = perToken;
  }

  /**
   * Runs texts of different lengths together, padded on the right to the longest.
   *
   * @returns one array a row: its labels, [labels], or those of each of its tokens, [length, labels]
   */
  async run(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const { length, ids, mask } = padded(rows, this.#padding);
    const stride = (this.#perToken ? length : 1) * this.labels;
    const logits = new Float32Array(rows.length * stride);
    await this.#run(ids, mask, logits, [rows.length, length]);
    return rows.map((tokens, row) => {
      const size = this.#perToken ? tokens.length * this.labels : this.labels;
      return logits.subarray(row * stride, row * stride + size);
    });
  }

  async #run(ids: BigInt64Array, mask: BigInt64Array, logits: Float32Array, shape: [number, number]): Promise<void> {
    const { library } = this.#session;
    const outputShape = this.#perToken ? [...shape, this.labels] : [shape[0], this.labels];
    const binding = new Binding(
      this.#session,
      { input_ids: new Tensor(library, 'int64', shape, ids), attention_mask: new Tensor(library, 'int64', shape, mask) },
      { logits: new Tensor(library, 'float32', outputShape, logits) },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
  }

  release(): void {
    this.#session.release();
  }
}
