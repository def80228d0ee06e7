import { dirname } from 'node:path';
import type { Tokenizer } from '../../src/tokens/tokenizer.ts';
import { OnnxGraph } from '../ort/onnx-graph.ts';
import { Session } from '../ort/session.ts';
import { Tensor } from '../ort/tensor.ts';
import { type CausalReward, openCausalReward } from './causal-reward.ts';
import { head, withHead } from './decoder-head.ts';
import { CONFIG, type HeadConfig } from './head-config.ts';
import type { Loading } from './load.ts';
import { readOptimum, withAdded } from './optimum-layout.ts';
import type { RewardParts } from './reward-model.ts';

const PAIR = { ids: 'winnow_pair', logits: 'winnow_pair_logits' } as const;

interface Asked {
  readonly parts: RewardParts;
  readonly filename: string;
  readonly config: HeadConfig;
}

/**
 * Opens a causal language model as a process reward: at each step's separator the probability of the good token against the
 * bad one, softmax over these two (Math-Shepherd, RLHFlow). Of a text without steps it is read at its end. Its graph is
 * changed so that it gives two logits at the wanted places: those of the whole vocabulary at every token would take more
 * memory than the model.
 *
 * @throws Error where config.json does not name two tokens, or one of them is not one token
 */
export async function openTwoToken(
  { library, files, threads, device }: Loading,
  { parts, filename, config }: Asked,
): Promise<CausalReward> {
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
  return openCausalReward(parts, session, graph, {
    output: PAIR.logits,
    width: 2,
    vocabulary: graph.vocabulary,
    inputs: (rows) => ({
      [head.scales]: new Tensor(library, 'float32', [rows, 1, 1], new Float32Array(rows).fill(1)),
      [PAIR.ids]: new Tensor(library, 'int64', [2], BigInt64Array.from(tokens, BigInt)),
    }),
    valueOf: goodOf,
  });
}

/** A token by its text, or the text's only token. */
function tokenOf(tokenizer: Tokenizer, text: string, file: string): number {
  const ids = tokenizer.idOf(text) ?? tokenizer.encode(text, { param: 'winnow' });
  if (typeof ids === 'number') return ids;
  if (ids.length === 1) return ids[0]!;
  throw new Error(`${file}: ${JSON.stringify(text)} is ${ids.length} tokens of this tokenizer; a mark is one.`);
}

/** Softmax of two, its first member. */
const goodOf = ([good, bad]: Float32Array): number => 1 / (1 + Math.exp(bad! - good!));
