import { OnnxGraph } from '../gpu-backend/ort/onnx-graph.ts';

/**
 * The file of a token classifier of two labels whose graph ends in a matrix product, changed so that a token whose label is 0
 * gets NaN for both logits: 0 / 0. All other tokens keep theirs.
 */
export function unsureProcess(file: Uint8Array): Uint8Array {
  const graph = new OnnxGraph(file);
  const last = graph.nodes.length - 1;
  const { operator, inputs, outputs } = graph.nodes[last]!;
  if (operator !== 'MatMul' || outputs[0] !== 'logits') throw new Error(`The graph ends in ${operator}.`);
  return graph.changed({
    rewired: new Map(),
    without: new Set([last]),
    nodes: [
      { operator, inputs, outputs: ['given'] },
      { operator: 'ArgMax', inputs: ['given'], outputs: ['label'], attributes: { axis: -1, keepdims: 1 } },
      { operator: 'Cast', inputs: ['label'], outputs: ['right'], attributes: { to: 1 } },
      { operator: 'Div', inputs: ['right', 'right'], outputs: ['one_or_nan'] },
      { operator: 'Mul', inputs: ['given', 'one_or_nan'], outputs: ['logits'] },
    ],
    inputs: [],
    outputs: [],
    dropped: [],
  });
}
