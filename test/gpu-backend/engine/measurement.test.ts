import { expect, test } from 'vitest';
import { Measurement } from '../../../gpu-backend/engine/measurement.ts';

const wanted = { topLogprobs: 0, entropy: true, selfCertainty: true, answers: [] };
const names = { name: String };

/** What is told of a token that was drawn from these probabilities. */
function measure(probabilities: readonly number[], softmax: boolean) {
  const measurement = new Measurement([0, 0], 1, wanted, names);
  const logits = Float32Array.from(probabilities, (probability) => Math.log(probability) + 3);
  measurement.see(0, { logits, probabilities: softmax ? Float32Array.from(probabilities) : null });
  return measurement.result!.logprobs[0]!;
}

test.each([true, false])('self-certainty of four tokens (methods A.9; softmax in the graph: %s)', (softmax) => {
  expect(measure([0.7, 0.1, 0.1, 0.1], softmax).self_certainty).toBeCloseTo(0.4298131946, 6);
  expect(measure([0.25, 0.25, 0.25, 0.25], softmax).self_certainty).toBeCloseTo(0, 6);
});

test('self-certainty is infinite where a token is impossible, and is then not told; entropy is', () => {
  const told = measure([0.5, 0.5, 0, 0], true);
  expect(told).not.toHaveProperty('self_certainty');
  expect(told.entropy).toBeCloseTo(Math.LN2, 6);
});
