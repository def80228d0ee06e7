import { dirname } from 'node:path';
import { padded } from '../../src/tokens/padding.ts';
import type { RewardInput, RewardReading } from '../../src/tokens/reward-row.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { Binding } from '../ort/binding.ts';
import { OnnxGraph } from '../ort/onnx-graph.ts';
import { Session } from '../ort/session.ts';
import { elementBytes, Tensor } from '../ort/tensor.ts';
import { ADDED_POSITIONS } from './appended-layout.ts';
import { head, withHead } from './decoder-head.ts';
import { CONFIG, type HeadConfig } from './head-config.ts';
import type { CacheShape } from './language-model.ts';
import type { Loading } from './load.ts';
import { type OptimumGraph, readOptimum, withAdded } from './optimum-layout.ts';
import type { PastReading, Positions, ReadAfter, RewardModel, RewardParts } from './reward-model.ts';

const PAIR = { ids: 'winnow_pair', logits: 'winnow_pair_logits' } as const;

// Tokens of the texts that are tried at load, and of the past that they are read on.
const TRIED = [10, 8] as const;
const TRIED_PAST = 4;
// Part of the range of the logits. Formats that quantise activations say slightly other things of one row in other company;
// a graph that counts positions wrong, or does not see its past, is off by more.
const LEAST = 0.1;

/**
 * A process reward read from a causal language model: at each step's separator the probability of the good token against
 * the bad one, softmax over these two (Math-Shepherd, RLHFlow). Of a text without steps it is read at its end.
 */
export class TwoTokenReward implements RewardModel, PastReading {
  readonly kind = 'process';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: Tokenizer;
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly reading: RewardReading;
  readonly caches: readonly CacheShape[];
  readonly #session: Session;
  readonly #graph: OptimumGraph;
  readonly #tokens: readonly [good: number, bad: number];
  #rows = 0;

  /** Use `openTwoToken`. */
  constructor(
    { name, fingerprint, tokenizer, template, context, reading }: RewardParts,
    session: Session,
    graph: OptimumGraph,
    tokens: readonly [number, number],
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
    this.#tokens = tokens;
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
    const { logits } = await this.#run({ length: 0, arrays: [] }, rows, 0);
    return logits.map((row) => row.map(goodOf));
  }

  async readAfter(past: Positions, rows: readonly RewardInput[]): Promise<ReadAfter> {
    const { logits, added } = await this.#run(past, rows, longest(rows));
    return { values: logits.map((row) => row.map(goodOf)), added };
  }

  /**
   * Finds out how many rows a run may have on a past: what a graph can do is tried on two tiny texts, since no file says
   * how it counts positions or which of its past it sees.
   */
  async findPast(): Promise<void> {
    const { caches, groupQueryAttention, vocabulary } = this.#graph;
    if (caches.length === 0 || this.context < TRIED[0]) return;
    const rows = TRIED.map((length, row) => ({
      // two texts that begin alike
      ids: Array.from({ length }, (_, place) => (7 * place + 3 + (place < TRIED_PAST ? 0 : row)) % vocabulary),
      stepEnds: Array.from({ length }, (_, place) => place),
    }));
    const behind = rows.map(({ ids, stepEnds }) => ({
      ids: ids.slice(TRIED_PAST),
      stepEnds: stepEnds.slice(0, ids.length - TRIED_PAST),
    }));
    const whole = (await this.#run({ length: 0, arrays: [] }, rows, 0)).logits.map((logits) => logits.slice(TRIED_PAST));
    // the runtime's GroupQueryAttention refuses several rows with several new tokens each
    for (const tried of groupQueryAttention ? [1] : [Number.POSITIVE_INFINITY, 1]) {
      const off = await this.#difference(rows[0]!, behind.slice(0, tried), whole).catch(() => Number.POSITIVE_INFINITY);
      if (off <= LEAST) {
        this.#rows = tried;
        return;
      }
    }
  }

  /** Of rows read on the beginning of this text, as a part of the range of the logits that they have when they are read whole; NaN where one has none. */
  async #difference({ ids }: RewardInput, behind: readonly RewardInput[], whole: readonly Pair[][]): Promise<number> {
    const beginning = { ids: ids.slice(0, TRIED_PAST), stepEnds: [] };
    const beginnings = behind.map(() => beginning);
    const { added } = await this.#run({ length: 0, arrays: [] }, beginnings, TRIED_PAST);
    const { logits } = await this.#run(added, behind, longest(behind));
    const wanted = whole.slice(0, behind.length).flat(2);
    const largest = logits.flat(2).reduce((most, logit, index) => Math.max(most, Math.abs(logit - wanted[index]!)), 0);
    return largest / (Math.max(...wanted) - Math.min(...wanted));
  }

  /**
   * Padded on the right: no token of a causal graph sees what comes after it.
   *
   * @param added  positions whose keys and values are wanted, the last ones
   */
  async #run(past: Positions, rows: readonly RewardInput[], added: number): Promise<{ logits: Pair[][]; added: Positions }> {
    const places = [...new Set(rows.flatMap(({ stepEnds }) => stepEnds))].sort((a, b) => a - b);
    if (places.length === 0) places.push(0); // a graph may not run for nothing
    const { library } = this.#session;
    const logits = new Float32Array(rows.length * places.length * 2);
    const arrays = this.caches.map(({ heads, bytes }) => new Uint8Array(Math.max(1, rows.length * heads * added * bytes)));
    const binding = new Binding(
      this.#session,
      {
        ...this.#inputs(past, rows),
        [head.positions]: new Tensor(library, 'int64', [places.length], BigInt64Array.from(places, BigInt)),
        [head.scales]: new Tensor(library, 'float32', [rows.length, 1, 1], new Float32Array(rows.length).fill(1)),
        [PAIR.ids]: new Tensor(library, 'int64', [2], BigInt64Array.from(this.#tokens, BigInt)),
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
        [PAIR.logits]: new Tensor(library, 'float32', [rows.length, places.length, 2], logits),
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
      logits: rows.map(({ stepEnds }, row) =>
        stepEnds.map((end): Pair => {
          const at = 2 * (row * places.length + places.indexOf(end));
          return [logits[at]!, logits[at + 1]!];
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

/** Logits of the good and of the bad token. */
type Pair = readonly [good: number, bad: number];

/** Softmax of two, its first member. */
const goodOf = ([good, bad]: Pair): number => 1 / (1 + Math.exp(bad - good));

const longest = (rows: readonly RewardInput[]): number => Math.max(...rows.map(({ ids }) => ids.length));

interface Asked {
  readonly parts: RewardParts;
  readonly filename: string;
  readonly config: HeadConfig;
}

/**
 * Opens a causal language model as a process reward. Its graph is changed so that it gives two logits at the wanted places:
 * those of the whole vocabulary at every token would take more memory than the model.
 *
 * @throws Error where config.json does not name two tokens, or one of them is not one token
 */
export async function openTwoToken(
  { library, files, threads, device }: Loading,
  { parts, filename, config }: Asked,
): Promise<TwoTokenReward> {
  const file = files.path(CONFIG);
  const { good_token: good, bad_token: bad } = config.winnow;
  if (good === undefined || bad === undefined)
    throw new Error(
      `${file}: the graph is a causal language model; as a reward it needs winnow.good_token and winnow.bad_token, as in "+" and "-".`,
    );
  const tokens = [tokenOf(parts.tokenizer, good, file), tokenOf(parts.tokenizer, bad, file)] as const;
  const graph = await readOptimum(files, filename, config);
  const changed = withHead(graph.graph, 'logits', graph.vocabulary);
  if (!changed) throw new Error(`${graph.file}: the end of the graph is not a product with the vocabulary's matrix.`);
  const paired = new OnnxGraph(changed).changed({
    rewired: new Map(),
    nodes: [{ operator: 'Gather', inputs: [head.logits, PAIR.ids], outputs: [PAIR.logits], attributes: { axis: 2 } }],
    inputs: [{ name: PAIR.ids, type: 'int64', shape: ['pair'] }],
    outputs: [{ name: PAIR.logits, type: 'float32', shape: ['rows', 'count', 'pair'] }],
    dropped: [head.logits, head.probabilities],
  });
  const bytes = graph.caches.length > 0 ? withAdded(new OnnxGraph(paired), graph.caches) : paired;
  const session = new Session(library, { bytes, folder: dirname(graph.file) }, { threads, device });
  const reward = new TwoTokenReward(parts, session, graph, tokens);
  await reward.findPast();
  return reward;
}

/** A token by its text, or the text's only token. */
function tokenOf(tokenizer: Tokenizer, text: string, file: string): number {
  const ids = tokenizer.idOf(text) ?? tokenizer.encode(text, { param: 'winnow' });
  if (typeof ids === 'number') return ids;
  if (ids.length === 1) return ids[0]!;
  throw new Error(`${file}: ${JSON.stringify(text)} is ${ids.length} tokens of this tokenizer; a mark is one.`);
}
