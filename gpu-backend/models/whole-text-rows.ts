import { Binding } from '../ort/binding.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import type { AppendedLayout } from './appended-layout.ts';
import { head } from './decoder-head.ts';
import { float32Of } from './float16.ts';
import {
  type CacheShape,
  type DecodeStep,
  type KvBuffer,
  type LanguageRows,
  type Outputs,
  type ReadStep,
  scaleOf,
} from './language-model.ts';

/** What a position takes where a graph has no past: its token's id, int32. */
export const ID_CACHE: CacheShape = { heads: 1, bytes: 4 };

/**
 * Runs of a graph without a past: the buffer holds ids, and every step reads the whole text again. Right, and slow: the
 * work of a text grows with the square of its length.
 */
export class WholeTextRows implements LanguageRows {
  readonly #session: Session;
  readonly #layout: AppendedLayout;
  readonly #buffer: KvBuffer;

  constructor(session: Session, layout: AppendedLayout, buffer: KvBuffer) {
    this.#session = session;
    this.#layout = layout;
    this.#buffer = buffer;
  }

  /** Rows of one length go together, so nothing is padded: a graph may have no mask. */
  async decode({ tokens, lengths, temperatures }: DecodeStep): Promise<Outputs> {
    const { vocabulary, hasHead } = this.#layout;
    const rows = Array.from(tokens, (_, row) => row);
    const logits = new Float32Array(rows.length * vocabulary);
    const probabilities = new Float32Array(hasHead ? rows.length * vocabulary : 0);
    for (const row of rows) this.#ids(row)[lengths[row]!] = tokens[row]!;
    for (const group of Map.groupBy(rows, (row) => lengths[row]!).values()) {
      const texts = group.map((row) => this.#ids(row).subarray(0, lengths[row]! + 1));
      const part = await this.#run(texts, { scales: group.map((row) => scaleOf(temperatures[row]!)), wanted: 1 });
      for (const [index, row] of group.entries()) {
        const [from, to] = [index * vocabulary, (index + 1) * vocabulary];
        logits.set(part.logits.subarray(from, to), row * vocabulary);
        if (part.probabilities) probabilities.set(part.probabilities.subarray(from, to), row * vocabulary);
      }
    }
    return { logits, probabilities: hasHead ? probabilities : null };
  }

  read({ row, tokens, past, temperature, wanted }: ReadStep): Promise<Outputs> {
    if (past + tokens.length > this.#buffer.capacity)
      throw new Error(`A row has room for ${this.#buffer.capacity} tokens; ${past + tokens.length} were to be read.`);
    const ids = this.#ids(row);
    ids.set(tokens, past);
    const text = ids.subarray(0, past + tokens.length);
    return this.#run([text], { scales: [scaleOf(temperature)], wanted: wanted === 'last' ? 1 : tokens.length });
  }

  resized(): void {}

  release(): void {}

  #ids(row: number): Int32Array {
    const { arrays, capacity } = this.#buffer;
    const [bytes] = arrays;
    return new Int32Array(bytes!.buffer, bytes!.byteOffset + row * capacity * ID_CACHE.bytes, capacity);
  }

  async #run(texts: readonly Int32Array[], { scales, wanted }: { scales: readonly number[]; wanted: number }): Promise<Outputs> {
    const { inputIds, attentionMask, positionIds, logits: name, logitsType, vocabulary, hasHead } = this.#layout;
    const { library } = this.#session;
    const [count, length] = [texts.length, texts[0]!.length];
    const positions = hasHead ? wanted : length;
    const shape = [count, length];
    const int64 = (dimensions: number[], numberAt: (index: number) => number) => {
      const size = dimensions.reduce((product, each) => product * each, 1);
      return new Tensor(
        library,
        'int64',
        dimensions,
        BigInt64Array.from({ length: size }, (_, index) => BigInt(numberAt(index))),
      );
    };
    const logits = new Uint8Array(count * positions * vocabulary * elementBytes[logitsType]);
    const probabilities = new Float32Array(hasHead ? count * positions * vocabulary : 0);
    const outputShape = [count, positions, vocabulary];
    const binding = new Binding(
      this.#session,
      {
        [inputIds]: int64(shape, (index) => texts[Math.floor(index / length)]![index % length]!),
        ...(attentionMask ? { [attentionMask]: int64(shape, () => 1) } : {}),
        ...(positionIds ? { [positionIds]: int64(shape, (index) => index % length) } : {}),
        ...(hasHead
          ? {
              [head.positions]: int64([wanted], (index) => length - wanted + index),
              [head.scales]: new Tensor(library, 'float32', [count, 1, 1], Float32Array.from(scales)),
            }
          : {}),
      },
      {
        [name]: new Tensor(library, logitsType, outputShape, logits),
        ...(hasHead ? { [head.probabilities]: new Tensor(library, 'float32', outputShape, probabilities) } : {}),
      },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    return lastOf(float32Of(logits, logitsType), probabilities, { count, positions, wanted, vocabulary });
  }
}

interface Shape {
  readonly count: number;
  readonly positions: number;
  readonly wanted: number;
  readonly vocabulary: number;
}

/** The wanted positions of each text, the last ones, without those before. */
function lastOf(logits: Float32Array, probabilities: Float32Array, { count, positions, wanted, vocabulary }: Shape): Outputs {
  if (positions === wanted) return { logits, probabilities: probabilities.length > 0 ? probabilities : null };
  const kept = new Float32Array(count * wanted * vocabulary);
  for (let text = 0; text < count; text++) {
    const end = (text + 1) * positions * vocabulary;
    kept.set(logits.subarray(end - wanted * vocabulary, end), text * wanted * vocabulary);
  }
  return { logits: kept, probabilities: null };
}
