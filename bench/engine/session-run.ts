/** The peer: the same graph through onnxruntime-node's `session.run`, the present of a step fed as the past of the next. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Sampler } from '../../gpu-backend/engine/sampler.ts';
import { mulberry32 } from '../../src/random.ts';

const sampling = { temperature: 1, top_k: 0, top_p: 1, min_p: 0 };

export class SessionRun {
  readonly #session: InferenceSession;
  readonly #vocabulary: number;
  readonly #pasts: readonly string[];
  readonly #cache: readonly [heads: number, size: number];

  static async open(path: string, threads: number, cache: readonly [number, number], vocabulary: number): Promise<SessionRun> {
    const session = await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      extra: { session: { intra_op: { allow_spinning: '1' }, force_spinning_stop: '1' } },
    });
    return new SessionRun(session, cache, vocabulary);
  }

  constructor(session: InferenceSession, cache: readonly [number, number], vocabulary: number) {
    this.#session = session;
    this.#vocabulary = vocabulary;
    this.#cache = cache;
    this.#pasts = session.inputNames.filter((name) => name.startsWith('past_key_values.'));
  }

  /** Writes `tokens` tokens in each of `rows` rows; gives tokens in a second, the prompt's reading left out. */
  async decode(prompt: readonly number[], rows: number, tokens: number): Promise<number> {
    const sampler = new Sampler(this.#vocabulary);
    const draw = mulberry32(rows);
    let ids = Array.from({ length: rows }, () => prompt).flat();
    let feeds = this.#first(rows);
    let began = 0;
    for (let length = prompt.length; length < prompt.length + tokens; length++) {
      feeds.input_ids = new Tensor('int64', BigInt64Array.from(ids, BigInt), [rows, ids.length / rows]);
      feeds.attention_mask = new Tensor('int64', new BigInt64Array(rows * length).fill(1n), [rows, length]);
      const outputs = await this.#session.run(feeds);
      const logits = outputs.logits!.data as Float32Array;
      const stride = logits.length / rows;
      ids = Array.from({ length: rows }, (_, row) =>
        sampler.sample(
          { logits: logits.subarray((row + 1) * stride - this.#vocabulary, (row + 1) * stride), probabilities: null },
          sampling,
          draw(),
        ),
      );
      feeds = Object.fromEntries(this.#pasts.map((name) => [name, outputs[name.replace('past_key_values', 'present')]!]));
      if (began === 0) began = performance.now(); // the first run read the prompt
    }
    return (rows * (tokens - 1) * 1000) / (performance.now() - began);
  }

  #first(rows: number): Record<string, Tensor> {
    const [heads, size] = this.#cache;
    return Object.fromEntries(
      this.#pasts.map((name) => [name, new Tensor('float32', new Float32Array(0), [rows, heads, 0, size])]),
    );
  }
}
