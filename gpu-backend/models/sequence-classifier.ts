import { type Readout, readOut } from '../../src/tokens/readout.ts';
import type { EncoderGraph } from './encoder-graph.ts';
import type { RewardModel, RewardParts } from './reward-model.ts';

/** An outcome reward: one number for a whole text, pooled inside the graph. */
export const sequenceClassifier = (parts: RewardParts, graph: EncoderGraph, readout: Readout): RewardModel => ({
  kind: 'outcome',
  ...parts,
  read: async (rows) => (await graph.run(rows)).map((row) => [readOut(row, readout)]),
  release: () => graph.release(),
});
