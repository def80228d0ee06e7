import type { EncoderGraph } from './encoder-graph.ts';
import type { RewardModel, RewardParts } from './reward-model.ts';

/** From the logits of a text to its score. */
export interface Readout {
  /** Which of the logits. */
  readonly label: number;
  readonly activation: 'none' | 'sigmoid' | 'softmax';
}

/** An outcome reward: one number for a whole text, pooled inside the graph. */
export const sequenceClassifier = (parts: RewardParts, graph: EncoderGraph, readout: Readout): RewardModel => ({
  kind: 'outcome',
  ...parts,
  read: async (rows) => (await graph.run(rows)).map((row) => [readOut(row, readout)]),
  release: () => graph.release(),
});

/** One logit as it is, its sigmoid, or its share of the softmax over all of the text (or token). */
export function readOut(logits: Float32Array, { label, activation }: Readout): number {
  const logit = logits[label]!;
  if (activation === 'none') return logit;
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-logit));
  // relative to the one that is read: no exponential of it can overflow but those of labels that win by far
  return 1 / logits.reduce((sum, other) => sum + Math.exp(other - logit), 0);
}
