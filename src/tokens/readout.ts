/** From the logits of a text, or of a token at the end of a step, to its score. */
export interface Readout {
  /** Which of the logits. */
  readonly label: number;
  readonly activation: 'none' | 'sigmoid' | 'softmax';
}

/** One logit as it is, its sigmoid, or its share of the softmax over all of the text (or token). */
export function readOut(logits: Float32Array, { label, activation }: Readout): number {
  const logit = logits[label]!;
  if (activation === 'none') return logit;
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-logit));
  // relative to the one that is read: no exponential of it can overflow but those of labels that win by far
  return 1 / logits.reduce((sum, other) => sum + Math.exp(other - logit), 0);
}
