import { Binding } from '../ort/binding.ts';
import type { DeviceTensor } from '../ort/device-memory.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import { head } from './decoder-head.ts';
import { DeviceStorage } from './device-storage.ts';
import type { CausalLayout } from './genai-layout.ts';
import { type DecodeStep, type KvBuffer, type LanguageRows, type Outputs, type ReadStep, scaleOf } from './language-model.ts';

/**
 * Runs of a graph whose past and present are one buffer (GroupQueryAttention): keys and values are written in place, and
 * nothing is copied. Rows of different lengths decode together; a row's length is the sum of its row of the mask.
 */
export class SharedRows implements LanguageRows {
  readonly #session: Session;
  readonly #layout: CausalLayout;
  readonly #buffer: KvBuffer;
  readonly #longestRead: number;
  /** Null where the buffer is the host's memory. */
  readonly #device: DeviceStorage | null;
  /** Inputs and outputs of `decode`, for as many rows as there may be. */
  readonly #ids: BigInt64Array;
  /** Where the next token of each row stands: what the row holds before it. */
  readonly #places: BigInt64Array;
  readonly #scales: Float32Array;
  readonly #logits: Float32Array;
  readonly #probabilities: Float32Array;
  #mask: BigInt64Array;
  /** Ones that each row of the mask has: a step writes one number a row, and a row that moved its difference. */
  readonly #ones: Uint32Array;
  /** One for each number of rows that has decoded together, at this capacity. */
  readonly #bindings = new Map<number, Binding>();

  /** @param longestRead  tokens that one run may read */
  constructor(session: Session, layout: CausalLayout, buffer: KvBuffer, longestRead = Number.POSITIVE_INFINITY) {
    const { maxRows, capacity } = buffer;
    this.#session = session;
    this.#layout = layout;
    this.#buffer = buffer;
    this.#longestRead = longestRead;
    this.#device = buffer.storage instanceof DeviceStorage ? buffer.storage : null;
    this.#ids = new BigInt64Array(maxRows);
    this.#places = new BigInt64Array(maxRows);
    this.#scales = new Float32Array(maxRows);
    // pages that no step has touched take no memory
    this.#logits = new Float32Array(maxRows * layout.vocabulary);
    this.#probabilities = new Float32Array(layout.hasHead ? maxRows * layout.vocabulary : 0);
    this.#mask = new BigInt64Array(maxRows * capacity);
    this.#ones = new Uint32Array(maxRows);
  }

  async decode({ tokens, lengths, temperatures }: DecodeStep): Promise<Outputs> {
    const rows = tokens.length;
    for (let row = 0; row < rows; row++) {
      this.#ids[row] = BigInt(tokens[row]!);
      this.#places[row] = BigInt(lengths[row]!);
      this.#scales[row] = scaleOf(temperatures[row]!);
      this.#setOnes(row, lengths[row]! + 1);
    }
    if (this.#device) await this.#device.settle();
    await this.#session.run(this.#binding(rows));
    const size = rows * this.#layout.vocabulary;
    return {
      logits: this.#logits.subarray(0, size),
      probabilities: this.#layout.hasHead ? this.#probabilities.subarray(0, size) : null,
    };
  }

  /** At batch 1: GroupQueryAttention takes a chunk on top of a past there only. */
  async read(step: ReadStep): Promise<Outputs> {
    const { row, tokens, past, temperature, wanted } = step;
    const { vocabulary, hasHead } = this.#layout;
    const length = tokens.length;
    if (length > this.#longestRead) return this.#readInParts(step);
    if (past + length > this.#buffer.capacity)
      throw new Error(`A row has room for ${this.#buffer.capacity} tokens; ${past + length} were to be read.`);
    const count = hasHead && wanted === 'last' ? 1 : length;
    const logits = new Float32Array(count * vocabulary);
    const probabilities = new Float32Array(hasHead ? count * vocabulary : 0);
    const { library } = this.#session;
    const int64 = (shape: number[], data: BigInt64Array) => new Tensor(library, 'int64', shape, data);
    if (this.#device) await this.#device.settle();
    const apart = this.#device && !this.#device.binds(row) ? this.#device : null;
    await apart?.lend(row, past, this.#buffer.capacity);
    const binding = this.#bind(row, {
      rows: 1,
      ids: int64([1, length], BigInt64Array.from(tokens, BigInt)),
      places: int64(
        [1, length],
        BigInt64Array.from({ length }, (_, place) => BigInt(past + place)),
      ),
      mask: int64([1, past + length], new BigInt64Array(past + length).fill(1n)),
      positions: int64(
        [count],
        BigInt64Array.from({ length: count }, (_, place) => BigInt(length - count + place)),
      ),
      scales: Float32Array.of(scaleOf(temperature)),
      count,
      logits,
      probabilities,
    });
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    await apart?.giveBack(row, past, length, this.#buffer.capacity);
    const from = wanted === 'last' ? (count - 1) * vocabulary : 0;
    return { logits: logits.subarray(from), probabilities: hasHead ? probabilities.subarray(from) : null };
  }

  resized(): void {
    this.release();
    this.#mask = new BigInt64Array(this.#buffer.maxRows * this.#buffer.capacity);
    this.#ones.fill(0);
  }

  release(): void {
    for (const binding of this.#bindings.values()) binding.release();
    this.#bindings.clear();
  }

  async #readInParts(step: ReadStep): Promise<Outputs> {
    const parts: Outputs[] = [];
    for (let from = 0; from < step.tokens.length; from += this.#longestRead) {
      const tokens = step.tokens.slice(from, from + this.#longestRead);
      parts.push(await this.read({ ...step, tokens, past: step.past + from }));
    }
    if (step.wanted === 'last') return parts.at(-1)!;
    const { hasHead } = this.#layout;
    return {
      logits: joined(parts.map(({ logits }) => logits)),
      probabilities: hasHead ? joined(parts.map(({ probabilities }) => probabilities!)) : null,
    };
  }

  #setOnes(row: number, wanted: number): void {
    const origin = row * this.#buffer.capacity;
    const ones = this.#ones[row]!;
    if (wanted > ones) this.#mask.fill(1n, origin + ones, origin + wanted);
    else this.#mask.fill(0n, origin + wanted, origin + ones);
    this.#ones[row] = wanted;
  }

  #binding(rows: number): Binding {
    const known = this.#bindings.get(rows);
    if (known) return known;
    const { library } = this.#session;
    const binding = this.#bind(0, {
      rows,
      ids: new Tensor(library, 'int64', [rows, 1], this.#ids),
      places: new Tensor(library, 'int64', [rows, 1], this.#places),
      // as wide as the buffer at every step, so that one binding serves for all of them
      mask: new Tensor(library, 'int64', [rows, this.#buffer.capacity], this.#mask),
      positions: new Tensor(library, 'int64', [1], new BigInt64Array(1)),
      scales: this.#scales,
      count: 1,
      logits: this.#logits,
      probabilities: this.#probabilities,
    });
    this.#bindings.set(rows, binding);
    return binding;
  }

  /** Everything of a run over `rows` rows from `first` on: past and present are one tensor each, read and written. */
  #bind(first: number, run: Run): Binding {
    const { inputIds, attentionMask, positionIds, vocabulary, caches, hasHead } = this.#layout;
    const { library } = this.#session;
    const float = (shape: number[], data: Float32Array) => new Tensor(library, 'float32', shape, data);
    const tensors = this.#cacheTensors(first, run.rows);
    const named = (name: 'past' | 'present') => Object.fromEntries(caches.map((names, index) => [names[name], tensors[index]!]));
    const outputShape = [run.rows, run.count, vocabulary];
    return new Binding(
      this.#session,
      {
        [inputIds]: run.ids,
        [attentionMask]: run.mask,
        ...(positionIds ? { [positionIds]: run.places } : {}),
        ...named('past'),
        ...(hasHead ? { [head.positions]: run.positions, [head.scales]: float([run.rows, 1, 1], run.scales) } : {}),
      },
      {
        [this.#layout.logits]: float(outputShape, run.logits),
        ...named('present'),
        ...(hasHead ? { [head.probabilities]: float(outputShape, run.probabilities) } : {}),
      },
    );
  }

  /** Keys and values of some rows, [rows, heads, capacity, size]; of one alone where it is not the first. */
  #cacheTensors(first: number, rows: number): (Tensor | DeviceTensor)[] {
    const { capacity, arrays } = this.#buffer;
    if (this.#device) return first === 0 ? this.#device.rows(rows, capacity) : this.#device.row(first, capacity);
    const { heads, headSize, type } = this.#layout.cache;
    const rowBytes = heads * capacity * headSize * elementBytes[type];
    const shape = [rows, heads, capacity, headSize];
    return arrays.map((bytes) => new Tensor(this.#session.library, type, shape, bytes.subarray(first * rowBytes)));
  }
}

interface Run {
  readonly rows: number;
  readonly ids: Tensor;
  readonly places: Tensor;
  readonly mask: Tensor;
  readonly positions: Tensor;
  readonly scales: Float32Array;
  /** Positions of each row that get logits. */
  readonly count: number;
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
