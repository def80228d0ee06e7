import { Binding } from '../ort/binding.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import { ADDED_POSITIONS, type AppendedCache, type AppendedLayout } from './appended-layout.ts';
import { head } from './decoder-head.ts';
import { float32Of } from './float16.ts';
import { type DecodeStep, type KvBuffer, type LanguageRows, type Outputs, type ReadStep, scaleOf } from './language-model.ts';

/**
 * How rows of different lengths share a run. `masked`: the past is the whole buffer, and the attention mask says which of
 * its positions a row has; keys are rotated before they are kept, so their order there does not matter. `exact`: rows of
 * one length at a time, on a copy of what they have; for graphs that count positions by the length of the past.
 */
export type PastMode = 'masked' | 'exact';

/** Runs of a graph whose present is its past with the new positions appended: those are copied to their places. */
export class AppendedRows implements LanguageRows {
  readonly #session: Session;
  readonly #layout: AppendedLayout;
  readonly #buffer: KvBuffer;
  readonly #mode: PastMode;

  constructor(session: Session, layout: AppendedLayout, buffer: KvBuffer, mode: PastMode) {
    this.#session = session;
    this.#layout = layout;
    this.#buffer = buffer;
    this.#mode = mode;
  }

  async decode({ tokens, lengths, temperatures }: DecodeStep): Promise<Outputs> {
    const all = Array.from(tokens, (_, row) => row);
    const groups = this.#mode === 'masked' ? [all] : [...Map.groupBy(all, (row) => lengths[row]!).values()];
    const parts: Outputs[] = [];
    for (const rows of groups) {
      const part = await this.#run({
        rows,
        tokens: rows.map((row) => [tokens[row]!]),
        lengths: rows.map((row) => lengths[row]!),
        scales: rows.map((row) => scaleOf(temperatures[row]!)),
        wanted: 1,
      });
      parts.push(part);
    }
    return groups.length === 1 ? parts[0]! : this.#inOrder(groups, parts);
  }

  read({ row, tokens, past, temperature, wanted }: ReadStep): Promise<Outputs> {
    if (past + tokens.length > this.#buffer.capacity)
      throw new Error(`A row has room for ${this.#buffer.capacity} tokens; ${past + tokens.length} were to be read.`);
    return this.#run({
      rows: [row],
      tokens: [tokens],
      lengths: [past],
      scales: [scaleOf(temperature)],
      wanted: wanted === 'last' ? 1 : tokens.length,
    });
  }

  /** Nothing here depends on the capacity between two runs. */
  resized(): void {}

  release(): void {}

  async #run(run: Run): Promise<Outputs> {
    const { vocabulary, hasHead, logitsType } = this.#layout;
    const [count, length] = [run.rows.length, run.tokens[0]!.length];
    const past = this.#past(run);
    const positions = hasHead ? run.wanted : length;
    const size = count * positions * vocabulary;
    const logits = new Uint8Array(size * elementBytes[logitsType]);
    const probabilities = new Float32Array(hasHead ? size : 0);
    const added = this.#layout.caches.map(
      ({ heads, size: bytes, type }) => new Uint8Array(count * heads * length * bytes * elementBytes[type]),
    );
    const { library } = this.#session;
    const outputShape = [count, positions, vocabulary];
    const binding = new Binding(
      this.#session,
      { ...this.#inputs(run, past.length), ...past.tensors },
      {
        [this.#layout.logits]: new Tensor(library, logitsType, outputShape, logits),
        ...(hasHead ? { [head.probabilities]: new Tensor(library, 'float32', outputShape, probabilities) } : {}),
        ...Object.fromEntries(
          this.#layout.caches.map(({ added: name, heads, size: each, type }, index) => [
            name,
            new Tensor(library, type, [count, heads, length, each], added[index]!),
          ]),
        ),
      },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    for (const [index, cache] of this.#layout.caches.entries())
      this.#keep(run, cache, { to: this.#buffer.arrays[index]!, added: added[index]! });
    const floats = float32Of(logits, logitsType);
    const from = (positions - run.wanted) * vocabulary; // of one row where they differ: many rows read one token each
    return { logits: floats.subarray(from), probabilities: hasHead ? probabilities.subarray(from) : null };
  }

  #inputs({ tokens, lengths, scales, wanted }: Run, past: number): Record<string, Tensor> {
    const { inputIds, attentionMask, positionIds, useCacheBranch, logitsToKeep, caches, hasHead } = this.#layout;
    const { library } = this.#session;
    const [count, length] = [tokens.length, tokens[0]!.length];
    const int64 = (shape: number[], values: (index: number) => number) => {
      const size = shape.reduce((product, each) => product * each, 1);
      return new Tensor(
        library,
        'int64',
        shape,
        BigInt64Array.from({ length: size }, (_, index) => BigInt(values(index))),
      );
    };
    const width = past + length;
    return {
      [inputIds]: int64([count, length], (index) => tokens[Math.floor(index / length)]![index % length]!),
      ...(attentionMask
        ? { [attentionMask]: int64([count, width], (index) => isLive(index % width, lengths[Math.floor(index / width)]!, past)) }
        : {}),
      ...(positionIds
        ? { [positionIds]: int64([count, length], (index) => lengths[Math.floor(index / length)]! + (index % length)) }
        : {}),
      ...(useCacheBranch ? { [useCacheBranch]: new Tensor(library, 'bool', [1], Uint8Array.of(past > 0 ? 1 : 0)) } : {}),
      ...(logitsToKeep ? { [logitsToKeep]: int64([], () => 0) } : {}),
      ...(caches.length > 0 ? { [ADDED_POSITIONS]: int64([length], (index) => index - length) } : {}),
      ...(hasHead
        ? {
            [head.positions]: int64([wanted], (index) => length - wanted + index),
            [head.scales]: new Tensor(library, 'float32', [count, 1, 1], Float32Array.from(scales)),
          }
        : {}),
    };
  }

  /** The past of a run: nothing, the buffer itself, or a copy of what rows of one length have. */
  #past({ rows, lengths }: Run): { length: number; tensors: Record<string, Tensor> } {
    const { capacity, arrays } = this.#buffer;
    const { library } = this.#session;
    const { caches } = this.#layout;
    const none = lengths.every((length) => length === 0);
    const length = none ? 0 : this.#mode === 'masked' ? capacity : lengths[0]!;
    const tensors = caches.map(({ past, heads, size, type }, index) => {
      const shape = [rows.length, heads, length, size];
      const bytes = size * elementBytes[type];
      if (none) return [past, new Tensor(library, type, shape, new Uint8Array(1))] as const;
      const rowBytes = heads * capacity * bytes;
      const data =
        this.#mode === 'masked'
          ? arrays[index]!.subarray(rows[0]! * rowBytes)
          : live(arrays[index]!, { rows, heads, bytes, capacity, length });
      return [past, new Tensor(library, type, shape, data)] as const;
    });
    return { length, tensors: Object.fromEntries(tensors) };
  }

  /** Copies the new positions of each row behind those that it has. */
  #keep(
    { rows, tokens, lengths }: Run,
    { heads, size, type }: AppendedCache,
    { to, added }: { to: Uint8Array; added: Uint8Array },
  ): void {
    const bytes = size * elementBytes[type];
    const chunk = tokens[0]!.length * bytes;
    for (const [index, row] of rows.entries()) {
      for (let at = 0; at < heads; at++) {
        const from = (index * heads + at) * chunk;
        to.set(added.subarray(from, from + chunk), ((row * heads + at) * this.#buffer.capacity + lengths[index]!) * bytes);
      }
    }
  }

  /** Parts of several runs, put in the order of their rows. */
  #inOrder(groups: readonly (readonly number[])[], parts: readonly Outputs[]): Outputs {
    const { vocabulary } = this.#layout;
    const count = groups.reduce((sum, rows) => sum + rows.length, 0);
    const whole = (of: (part: Outputs) => Float32Array): Float32Array => {
      const values = new Float32Array(count * vocabulary);
      for (const [group, rows] of groups.entries()) {
        for (const [index, row] of rows.entries()) {
          values.set(of(parts[group]!).subarray(index * vocabulary, (index + 1) * vocabulary), row * vocabulary);
        }
      }
      return values;
    };
    return {
      logits: whole(({ logits }) => logits),
      probabilities: this.#layout.hasHead ? whole(({ probabilities }) => probabilities!) : null,
    };
  }
}

/** Some rows, each with as many new tokens as the others. */
interface Run {
  /** Numbers of the rows; those of a masked run lie beside each other. */
  readonly rows: readonly number[];
  readonly tokens: readonly (readonly number[])[];
  /** Positions that each holds before. */
  readonly lengths: readonly number[];
  readonly scales: readonly number[];
  /** Last positions that get logits. */
  readonly wanted: number;
}

/** 1 for what a row has of a past of this length, and for everything behind it: the new tokens. */
const isLive = (position: number, length: number, past: number): number => (position < length || position >= past ? 1 : 0);

interface Live {
  readonly rows: readonly number[];
  readonly heads: number;
  readonly bytes: number;
  readonly capacity: number;
  readonly length: number;
}

function live(array: Uint8Array, { rows, heads, bytes, capacity, length }: Live): Uint8Array {
  const copy = new Uint8Array(rows.length * heads * length * bytes);
  for (const [index, row] of rows.entries()) {
    for (let at = 0; at < heads; at++) {
      const from = (row * heads + at) * capacity * bytes;
      copy.set(array.subarray(from, from + length * bytes), (index * heads + at) * length * bytes);
    }
  }
  return copy;
}
