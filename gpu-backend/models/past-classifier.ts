import { dirname } from 'node:path';
import { type Readout, readOut } from '../../src/tokens/readout.ts';
import { OnnxGraph } from '../ort/onnx-graph.ts';
import { Session } from '../ort/session.ts';
import { type CausalReward, openCausalReward } from './causal-reward.ts';
import { head } from './decoder-head.ts';
import type { HeadConfig } from './head-config.ts';
import type { Loading } from './load.ts';
import { hasPast, readOptimum, withAdded } from './optimum-layout.ts';
import type { RewardParts } from './reward-model.ts';

const SELECTED = 'winnow_labels';

/** Whether a graph gives labels for each token, and takes keys and values of tokens that were read before. */
export const isPastClassifier = (graph: OnnxGraph, { winnow, vocab_size: vocabulary }: HeadConfig): boolean => {
  if (winnow.good_token !== undefined) return false;
  const labels = graph.outputs.find(({ name }) => name === 'logits')?.shape.at(-1) ?? -1;
  return hasPast(graph) && labels > 0 && labels !== vocabulary;
};

interface Asked {
  readonly parts: RewardParts;
  readonly filename: string;
  readonly config: HeadConfig;
  /** How the score is read from so many labels. */
  readonly readoutOf: (labels: number) => Readout;
}

/** Opens a token classifier that reads on from a past. Its graph is changed so that it gives the labels of the wanted places. */
export async function openPastClassifier(
  { library, files, threads, device }: Loading,
  { parts, filename, config, readoutOf }: Asked,
): Promise<CausalReward> {
  const graph = await readOptimum(files, filename, config);
  const width = graph.vocabulary; // the last axis of its logits
  const readout = readoutOf(width);
  const changed = graph.graph.changed({
    rewired: new Map(),
    nodes: [
      { operator: 'Gather', inputs: ['logits', head.positions], outputs: [`${SELECTED}/own`], attributes: { axis: 1 } },
      { operator: 'Cast', inputs: [`${SELECTED}/own`], outputs: [SELECTED], attributes: { to: 1 } },
    ],
    inputs: [{ name: head.positions, type: 'int64', shape: ['count'] }],
    outputs: [{ name: SELECTED, type: 'float32', shape: ['rows', 'count', width] }],
    dropped: ['logits'],
  });
  const bytes = withAdded(new OnnxGraph(changed), graph.caches);
  const session = new Session(library, { bytes, folder: dirname(graph.file) }, { threads, device });
  return openCausalReward(parts, session, graph, {
    output: SELECTED,
    width,
    vocabulary: parts.tokenizer.size,
    inputs: () => ({}),
    valueOf: (labels) => readOut(labels, readout),
  });
}
