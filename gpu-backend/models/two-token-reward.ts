import { dirname } from 'node:path';
import { padded } from '../../src/tokens/padding.ts';
import type { RewardInput, RewardReading } from '../../src/tokens/reward-row.ts';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { Binding } from '../ort/binding.ts';
import { OnnxGraph } from '../ort/onnx-graph.ts';
import { Session } from '../ort/session.ts';
import { Tensor } from '../ort/tensor.ts';
import { head, withHead } from './decoder-head.ts';
import type { HeadConfig } from './head-config.ts';
import type { Loading } from './load.ts';
import { type OptimumGraph, readOptimum } from './optimum-layout.ts';
import type { RewardModel, RewardParts } from './reward-model.ts';

const PAIR = { ids: 'winnow_pair', logits: 'winnow_pair_logits' } as const;

/**
 * A process reward read from a causal language model: at each step's separator the probability of the good token against
 * the bad one, softmax over these two (Math-Shepherd, RLHFlow). Of a text without steps it is read at its end.
 */
export class TwoTokenReward implements RewardModel {
  readonly kind = 'process';
  readonly name: string;
  readonly fingerprint: string;
  readonly tokenizer: Tokenizer;
  readonly template: RewardModel['template'];
  readonly context: number;
  readonly reading: RewardReading;
  readonly #session: Session;
  readonly #graph: OptimumGraph;
  readonly #tokens: readonly [good: number, bad: number];

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
    this.#session = session;
    this.#graph = graph;
    this.#tokens = tokens;
  }

  release(): void {
    this.#session.release();
  }

  /** Padded on the right: no token of a causal graph sees what comes after it. */
  async read(rows: readonly RewardInput[]): Promise<number[][]> {
    const places = [...new Set(rows.flatMap(({ stepEnds }) => stepEnds))].sort((a, b) => a - b);
    const { library } = this.#session;
    const logits = new Float32Array(rows.length * places.length * 2);
    const binding = new Binding(
      this.#session,
      {
        ...this.#inputs(rows),
        [head.positions]: new Tensor(library, 'int64', [places.length], BigInt64Array.from(places, BigInt)),
        [head.scales]: new Tensor(library, 'float32', [rows.length, 1, 1], new Float32Array(rows.length).fill(1)),
        [PAIR.ids]: new Tensor(library, 'int64', [2], BigInt64Array.from(this.#tokens, BigInt)),
      },
      { [PAIR.logits]: new Tensor(library, 'float32', [rows.length, places.length, 2], logits) },
    );
    try {
      await this.#session.run(binding);
    } finally {
      binding.release();
    }
    return rows.map(({ stepEnds }, row) =>
      stepEnds.map((end) => {
        const at = 2 * (row * places.length + places.indexOf(end));
        return 1 / (1 + Math.exp(logits[at + 1]! - logits[at]!)); // softmax of two, its first member
      }),
    );
  }

  /** The whole of each text, on a past of length 0. */
  #inputs(rows: readonly RewardInput[]): Record<string, Tensor> {
    const { library } = this.#session;
    const { length, ids, mask } = padded(
      rows.map((row) => row.ids),
      0,
    );
    const { names, caches } = this.#graph;
    const int64 = (values: BigInt64Array) => new Tensor(library, 'int64', [rows.length, length], values);
    const places = BigInt64Array.from({ length: rows.length * length }, (_, index) => BigInt(index % length));
    return {
      [names.inputIds]: int64(ids),
      ...(names.attentionMask ? { [names.attentionMask]: int64(mask) } : {}),
      ...(names.positionIds ? { [names.positionIds]: int64(places) } : {}),
      ...(names.useCacheBranch ? { [names.useCacheBranch]: new Tensor(library, 'bool', [1], Uint8Array.of(0)) } : {}),
      ...(names.logitsToKeep ? { [names.logitsToKeep]: new Tensor(library, 'int64', [], new BigInt64Array(1)) } : {}),
      ...Object.fromEntries(
        caches.map(({ past, heads, size, type }) => [
          past,
          new Tensor(library, type, [rows.length, heads, 0, size], new Uint8Array(1)),
        ]),
      ),
    };
  }
}

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
  const file = files.path('config.json');
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
    dropped: [head.logits, head.probabilities, ...graph.caches.map(({ present }) => present)],
  });
  const session = new Session(library, { bytes: paired, folder: dirname(graph.file) }, { threads, device });
  return new TwoTokenReward(parts, session, graph, tokens);
}

/** A token by its text, or the text's only token. */
function tokenOf(tokenizer: Tokenizer, text: string, file: string): number {
  const ids = tokenizer.idOf(text) ?? tokenizer.encode(text, { param: 'winnow' });
  if (typeof ids === 'number') return ids;
  if (ids.length === 1) return ids[0]!;
  throw new Error(`${file}: ${JSON.stringify(text)} is ${ids.length} tokens of this tokenizer; a mark is one.`);
}
