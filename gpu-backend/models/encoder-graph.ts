import { padded } from '../../src/tokens/padding.ts';
import { Binding } from '../ort/binding.ts';
import type { GraphValue, Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import { float32Of } from './float16.ts';

/** A text as a graph reads it. */
export interface EncoderRow {
  readonly ids: readonly number[];
  /** 1 for the tokens of a second text; all 0 where absent. */
  readonly types?: readonly number[];
}

/** Where rows of one run are padded; `equal`: not at all, so rows of one length go together. */
export type Padding = 'right' | 'left' | 'equal';

export interface EncoderOptions {
  readonly output: string;
  /** Whether the output has numbers for each token, [rows, length, size], or for each text, [rows, size]. */
  readonly perToken: boolean;
  /** Id that fills a row up; null where the model has none: then rows are not padded. */
  readonly paddingId: number | null;
  /** The side that is tried first. */
  readonly side: 'left' | 'right';
  /** Ids are below this. */
  readonly vocabulary: number;
}

const INPUTS: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];
// Formats that quantise activations say slightly other things of one row in other company.
const LEAST = 0.05;

/** A graph from ids to numbers for each text or each token: what classifiers and embedders run. */
export class EncoderGraph {
  /** Numbers that the graph gives for each text, or for each token. */
  readonly size: number;
  readonly #session: Session;
  readonly #options: EncoderOptions;
  readonly #type: 'float32' | 'float16';
  #padding: Padding = 'equal';

  /** Use `openEncoder`. */
  constructor(session: Session, file: string, options: EncoderOptions) {
    for (const { name, type } of session.inputs) {
      if (!INPUTS.includes(name)) throw new Error(`${file}: the input "${name}" is not one of ${INPUTS.join(', ')}.`);
      if (type !== 'int64') throw new Error(`${file}: the input "${name}" has type ${type}; int64 is served.`);
    }
    if (!session.inputs.some(({ name }) => name === 'input_ids')) throw new Error(`${file}: there is no input "input_ids".`);
    const { type, size } = outputOf(session, file, options);
    this.#session = session;
    this.#options = options;
    this.#type = type;
    this.size = size;
  }

  get padding(): Padding {
    return this.#padding;
  }

  /**
   * Runs texts of different lengths.
   *
   * @returns one array a row: its numbers, [size], or those of each of its tokens, [length, size]
   */
  async run(rows: readonly EncoderRow[]): Promise<Float32Array[]> {
    if (this.#padding !== 'equal') return this.#run(rows, this.#padding);
    const results: Float32Array[] = [];
    const numbered = rows.map((row, index) => ({ row, index }));
    for (const group of Map.groupBy(numbered, ({ row }) => row.ids.length).values()) {
      const part = await this.#run(
        group.map(({ row }) => row),
        'right',
      );
      for (const [place, { index }] of group.entries()) results[index] = part[place]!;
    }
    return results;
  }

  /**
   * Finds out how rows may be padded: what a text gives in a padded batch must be what it gives alone. The side that the
   * configuration names is tried first, then the other, and where neither is right rows are never padded.
   */
  async findPadding(): Promise<void> {
    const { paddingId, side, vocabulary } = this.#options;
    if (paddingId === null) return;
    const row = (length: number, first: number): EncoderRow => ({
      ids: Array.from({ length }, (_, place) => unlike(paddingId, (first + 7 * place) % vocabulary, vocabulary)),
    });
    const rows = [row(9, 5), row(2, 3), row(5, 4), row(3, 6)];
    const alone = await this.run(rows); // no two of one length: each by itself
    for (const tried of [side, side === 'right' ? 'left' : 'right'] as const) {
      const together = await this.#run(rows, tried).catch(() => null); // a graph may refuse one side
      if (together?.every((numbers, index) => difference(numbers, alone[index]!) <= LEAST)) {
        this.#padding = tried;
        return;
      }
    }
  }

  release(): void {
    this.#session.release();
  }

  async #run(rows: readonly EncoderRow[], side: 'left' | 'right'): Promise<Float32Array[]> {
    const { perToken, paddingId, output } = this.#options;
    const { length, ids, mask } = padded(
      rows.map((row) => row.ids),
      paddingId ?? 0,
      side,
    );
    const stride = (perToken ? length : 1) * this.size;
    const bytes = new Uint8Array(rows.length * stride * elementBytes[this.#type]);
    const { library } = this.#session;
    const int64 = (values: BigInt64Array) => new Tensor(library, 'int64', [rows.length, length], values);
    const inputs: Record<string, () => Tensor> = {
      input_ids: () => int64(ids),
      attention_mask: () => int64(mask),
      token_type_ids: () =>
        int64(
          padded(
            rows.map((row) => row.types ?? row.ids.map(() => 0)),
            0,
            side,
          ).ids,
        ),
      position_ids: () => int64(positions(mask, length)),
    };
    const binding = new Binding(
      this.#session,
      Object.fromEntries(this.#session.inputs.map(({ name }) => [name, inputs[name]!()])),
      {
        [output]: new Tensor(library, this.#type, perToken ? [rows.length, length, this.size] : [rows.length, this.size], bytes),
      },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    const numbers = float32Of(bytes, this.#type);
    return rows.map((row, index) => {
      if (!perToken) return numbers.slice(index * stride, (index + 1) * stride);
      const start = index * stride + (side === 'left' ? (length - row.ids.length) * this.size : 0);
      return numbers.slice(start, start + row.ids.length * this.size);
    });
  }
}

/** A graph with its padding found out. */
export async function openEncoder(session: Session, file: string, options: EncoderOptions): Promise<EncoderGraph> {
  const graph = new EncoderGraph(session, file, options);
  await graph.findPadding();
  return graph;
}

function outputOf(
  session: Session,
  file: string,
  { output, perToken }: EncoderOptions,
): { type: 'float32' | 'float16'; size: number } {
  const found: GraphValue | undefined = session.outputs.find(({ name }) => name === output);
  const size = found?.shape.at(-1) ?? -1;
  if (!found || found.shape.length !== (perToken ? 3 : 2) || size < 1)
    throw new Error(
      `${file}: an output "${output}" of shape ${perToken ? '[batch, length, labels]' : '[batch, labels]'} is needed.`,
    );
  if (found.type !== 'float32' && found.type !== 'float16')
    throw new Error(`${file}: the output "${output}" has type ${found.type}; float32 and float16 are served.`);
  return { type: found.type, size };
}

/** Where each token stands in its own text; 0 for padding. */
function positions(mask: BigInt64Array, length: number): BigInt64Array {
  const places = new BigInt64Array(mask.length);
  let next = 0n;
  for (let index = 0; index < mask.length; index++) {
    if (index % length === 0) next = 0n;
    if (mask[index] === 1n) places[index] = next++;
  }
  return places;
}

const unlike = (avoided: number, id: number, vocabulary: number): number => (id === avoided ? (id + 1) % vocabulary : id);

/** Largest difference, as a part of the largest number. */
function difference(given: Float32Array, wanted: Float32Array): number {
  let [largest, scale] = [0, 1e-6];
  for (let index = 0; index < wanted.length; index++) {
    largest = Math.max(largest, Math.abs(given[index]! - wanted[index]!));
    scale = Math.max(scale, Math.abs(wanted[index]!));
  }
  return Number.isFinite(largest) ? largest / scale : Number.POSITIVE_INFINITY;
}
