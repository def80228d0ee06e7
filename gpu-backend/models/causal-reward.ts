import { padded } from '../../src/tokens/padding.ts';
import type { RewardInput } from '../../src/tokens/reward-row.ts';
import { Binding } from '../ort/binding.ts';
import type { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import { ADDED_POSITIONS } from './appended-layout.ts';
import { head } from './decoder-head.ts';
import type { CacheShape } from './language-model.ts';
import type { OptimumGraph } from './optimum-layout.ts';
import type { PastReading, Positions, ReadAfter, RewardModel, RewardParts } from './reward-model.ts';

// Tokens of the texts that are tried at load, and of the past that they are read on.
const TRIED = [10, 8] as const;
const TRIED_PAST = 4;
// Part of the range of the numbers. Formats that quantise activations say slightly other things of one row in other company;
// a graph that counts positions wrong, or does not see its past, is off by more.
const LEAST = 0.1;

/** What a causal graph is made to tell at the ends of steps. */
export interface StepNumbers {
  /** Output, float32 [rows, places, width], at the places that `head.positions` names. */
  readonly output: string;
  readonly width: number;
  /** Ids that the tokenizer knows are below this. */
  readonly vocabulary: number;
  /** Inputs beside texts, places and past. */
  readonly inputs: (rows: number) => Readonly<Record<string, Tensor>>;
  /** The score of a step from its numbers. */
  readonly valueOf: (numbers: Float32Array) => number;
}

/**
 * A process reward of a causal graph: numbers at the end of each step, of texts read whole or on the keys and values of
 * their beginnings.
 */
export class CausalReward implements RewardModel, PastReading {
  readonly kind = 'process';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: RewardModel['tokenizer'];
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly reading: NonNullable<RewardModel['reading']>;
  readonly caches: readonly CacheShape[];
  readonly #session: Session;
  readonly #graph: OptimumGraph;
  readonly #told: StepNumbers;
  #rows = 0;

  /** Use `openCausalReward`. */
  constructor(
    { name, fingerprint, tokenizer, template, context, reading }: RewardParts,
    session: Session,
    graph: OptimumGraph,
    told: StepNumbers,
  ) {
    this.name = name;
    this.fingerprint = fingerprint;
    this.tokenizer = tokenizer;
    this.template = template;
    this.context = context;
    this.reading = reading;
    this.caches = graph.caches.map(({ heads, size, type }) => ({ heads, bytes: size * elementBytes[type] }));
    this.#session = session;
    this.#graph = graph;
    this.#told = told;
  }

  /** Rows that one run takes on a past; 0 where the graph cannot be run on one. */
  get rows(): number {
    return this.#rows;
  }

  get past(): PastReading | null {
    return this.#rows > 0 ? this : null;
  }

  release(): void {
    this.#session.release();
  }

  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const { numbers } = await this.#run({ length: 0, arrays: [] }, rows, 0);
    return numbers.map((row) => row.map(this.#told.valueOf));
  }

  async readAfter(past: Positions, rows: readonly RewardInput[]): Promise<ReadAfter> {
    const { numbers, added } = await this.#run(past, rows, longest(rows));
    return { values: numbers.map((row) => row.map(this.#told.valueOf)), added };
  }

  /**
   * Finds out how many rows a run may have on a past: what a graph can do is tried on two tiny texts, since no file says
   * how it counts positions or which of its past it sees.
   */
  async findPast(): Promise<void> {
    const { caches, groupQueryAttention } = this.#graph;
    if (caches.length === 0 || this.context < TRIED[0]) return;
    const rows = TRIED.map((length, row) => ({
      // two texts that begin alike
      ids: Array.from({ length }, (_, place) => (7 * place + 3 + (place < TRIED_PAST ? 0 : row)) % this.#told.vocabulary),
      stepEnds: Array.from({ length }, (_, place) => place),
    }));
    const behind = rows.map(({ ids, stepEnds }) => ({
      ids: ids.slice(TRIED_PAST),
      stepEnds: stepEnds.slice(0, ids.length - TRIED_PAST),
    }));
    const whole = (await this.#run({ length: 0, arrays: [] }, rows, 0)).numbers.map((row) => row.slice(TRIED_PAST));
    // the runtime's GroupQueryAttention refuses several rows with several new tokens each
    for (const tried of groupQueryAttention ? [1] : [Number.POSITIVE_INFINITY, 1]) {
      const off = await this.#difference(rows[0]!, behind.slice(0, tried), whole).catch(() => Number.POSITIVE_INFINITY);
      if (off <= LEAST) {
        this.#rows = tried;
        return;
      }
    }
  }

  /** Of rows read on the beginning of this text, as a part of the range of the numbers that they have when they are read whole; NaN where one has none. */
  async #difference({ ids }: RewardInput, behind: readonly RewardInput[], whole: readonly Float32Array[][]): Promise<number> {
    const beginning = { ids: ids.slice(0, TRIED_PAST), stepEnds: [] };
    const beginnings = behind.map(() => beginning);
    const { added } = await this.#run({ length: 0, arrays: [] }, beginnings, TRIED_PAST);
    const { numbers } = await this.#run(added, behind, longest(behind));
    const wanted = all(whole.slice(0, behind.length));
    const largest = all(numbers).reduce((most, number, index) => Math.max(most, Math.abs(number - wanted[index]!)), 0);
    return largest / (Math.max(...wanted) - Math.min(...wanted));
  }

  /**
   * Padded on the right: no token of a causal graph sees what comes after it.
   *
   * @param added  positions whose keys and values are wanted, the last ones
   */
  async #run(past: Positions, rows: readonly RewardInput[], added: number): Promise<Ran> {
    const places = [...new Set(rows.flatMap(({ stepEnds }) => stepEnds))].sort((a, b) => a - b);
    if (places.length === 0) places.push(0); // a graph may not run for nothing
    const { library } = this.#session;
    const { output, width, inputs } = this.#told;
    const numbers = new Float32Array(rows.length * places.length * width);
    const arrays = this.caches.map(({ heads, bytes }) => new Uint8Array(Math.max(1, rows.length * heads * added * bytes)));
    const binding = new Binding(
      this.#session,
      {
        ...this.#inputs(past, rows),
        [head.positions]: new Tensor(library, 'int64', [places.length], BigInt64Array.from(places, BigInt)),
        ...inputs(rows.length),
        ...(this.caches.length > 0
          ? {
              [ADDED_POSITIONS]: new Tensor(
                library,
                'int64',
                [added],
                BigInt64Array.from({ length: Math.max(1, added) }, (_, index) => BigInt(index - added)),
              ),
            }
          : {}),
      },
      {
        [output]: new Tensor(library, 'float32', [rows.length, places.length, width], numbers),
        ...Object.fromEntries(
          this.#graph.caches.map(({ added: name, heads, size, type }, cache) => [
            name,
            new Tensor(library, type, [rows.length, heads, added, size], arrays[cache]!),
          ]),
        ),
      },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    return {
      numbers: rows.map(({ stepEnds }, row) =>
        stepEnds.map((end) => {
          const at = width * (row * places.length + places.indexOf(end));
          return numbers.subarray(at, at + width);
        }),
      ),
      added: { length: added, arrays },
    };
  }

  #inputs(past: Positions, rows: readonly RewardInput[]): Record<string, Tensor> {
    const { library } = this.#session;
    const { length, ids, mask } = padded(
      rows.map((row) => row.ids),
      0,
    );
    const { names, caches } = this.#graph;
    const int64 = (width: number, values: BigInt64Array) => new Tensor(library, 'int64', [rows.length, width], values);
    const places = BigInt64Array.from({ length: rows.length * length }, (_, index) => BigInt(past.length + (index % length)));
    const width = past.length + length;
    const live = new BigInt64Array(rows.length * width).fill(1n);
    for (const row of rows.keys()) live.set(mask.subarray(row * length, (row + 1) * length), row * width + past.length);
    return {
      [names.inputIds]: int64(length, ids),
      ...(names.attentionMask ? { [names.attentionMask]: int64(width, live) } : {}),
      ...(names.positionIds ? { [names.positionIds]: int64(length, places) } : {}),
      ...(names.useCacheBranch
        ? { [names.useCacheBranch]: new Tensor(library, 'bool', [1], Uint8Array.of(past.length > 0 ? 1 : 0)) }
        : {}),
      ...(names.logitsToKeep ? { [names.logitsToKeep]: new Tensor(library, 'int64', [], new BigInt64Array(1)) } : {}),
      ...Object.fromEntries(
        caches.map(({ past: name, heads, size, type }, cache) => [
          name,
          new Tensor(library, type, [rows.length, heads, past.length, size], past.arrays[cache] ?? new Uint8Array(1)),
        ]),
      ),
    };
  }
}

interface Ran {
  /** By row and step's end, [width]. */
  readonly numbers: Float32Array[][];
  readonly added: Positions;
}

const all = (numbers: readonly Float32Array[][]): number[] => numbers.flat().flatMap((some) => [...some]);

const longest = (rows: readonly RewardInput[]): number => Math.max(...rows.map(({ ids }) => ids.length));

/** Opens the changed graph, and finds out what it can do with a past. */
export async function openCausalReward(
  parts: RewardParts,
  session: Session,
  graph: OptimumGraph,
  told: StepNumbers,
): Promise<CausalReward> {
  const reward = new CausalReward(parts, session, graph, told);
  await reward.findPast();
  return reward;
}
