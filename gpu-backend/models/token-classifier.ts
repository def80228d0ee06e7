import { type Readout, readOut } from '../../src/tokens/readout.ts';
import type { EncoderGraph } from './encoder-graph.ts';
import type { RewardModel, RewardParts } from './reward-model.ts';

/**
 * A process reward: one number at a token of each step. Of two labels it is the probability of label 1 (softmax) where the
 * configuration says nothing else; a single label is given as it is.
 */
export const tokenClassifier = (parts: RewardParts, graph: EncoderGraph, readout: Readout): RewardModel => ({
  kind: 'process',
  ...parts,
  async read(rows) {
    const logits = await graph.run(rows);
    const { size } = graph;
    return rows.map(({ stepEnds }, row) =>
      stepEnds.map((end) => readOut(logits[row]!.subarray(end * size, (end + 1) * size), readout)),
    );
  },
  release: () => graph.release(),
});
