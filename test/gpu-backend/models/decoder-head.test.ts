import { expect, test } from 'vitest';
import { head, withHead } from '../../../gpu-backend/models/decoder-head.ts';
import { type GraphNode, OnnxGraph, smallModel } from '../../../gpu-backend/ort/onnx-graph.ts';

const node = (operator: string, inputs: string[], outputs: string[]): GraphNode => ({ operator, inputs, outputs });
const norm = node('SkipSimplifiedLayerNormalization', ['a', 'b', 'weight'], ['hidden']);

/** Nodes of the changed graph that read the selected positions, by their operators; null where nothing was changed. */
function selecting(nodes: readonly GraphNode[]): string[] | null {
  const inputs = [{ name: 'a', type: 'float32', shape: ['rows', 'length', 8] } as const];
  const outputs = [{ name: 'logits', type: 'float32', shape: ['rows', 'length', 99] } as const];
  const changed = withHead(new OnnxGraph(smallModel(nodes, inputs, outputs)), 'logits', 99);
  if (!changed) return null;
  const graph = new OnnxGraph(changed);
  expect(graph.outputs).toEqual([head.logits, head.probabilities].map((name) => ({ name, shape: [-1, -1, 99] })));
  const gather = graph.nodes.find(({ inputs: read }) => read.includes(head.positions))!;
  expect(gather.operator).toBe('Gather');
  const readers = graph.nodes.filter(({ inputs: read }) => read.includes(gather.outputs[0]!));
  const left = graph.nodes.filter((each) => each !== gather && each.inputs.includes(gather.inputs[0]!));
  expect(left).toEqual([]);
  return readers.map(({ operator }) => operator);
}

test.each([
  { name: 'a product', nodes: [node('MatMulNBits', ['hidden', 'w'], ['logits'])], readers: ['MatMulNBits'] },
  {
    name: 'a soft cap',
    nodes: [
      node('MatMul', ['hidden', 'w'], ['x']),
      node('Div', ['x', 'cap'], ['y']),
      node('Tanh', ['y'], ['z']),
      node('Mul', ['z', 'cap'], ['logits']),
    ],
    readers: ['MatMul'],
  },
  {
    name: 'a dynamically quantised product',
    nodes: [
      node('DynamicQuantizeLinear', ['hidden'], ['q', 'scale', 'zero']),
      node('MatMulInteger', ['q', 'w', 'zero'], ['i']),
      node('Cast', ['i'], ['f']),
      node('Mul', ['scale', 'wscale'], ['s']),
      node('Mul', ['f', 's'], ['logits']),
    ],
    readers: ['DynamicQuantizeLinear'],
  },
  {
    name: 'a scale for each row',
    nodes: [
      node('Abs', ['hidden'], ['abs']),
      node('ReduceMax', ['abs'], ['most']),
      node('Div', ['hidden', 'most'], ['unit']),
      node('QuantizeLinear', ['unit', 'one', 'zero'], ['bytes']),
      node('MatMulIntegerToFloat', ['bytes', 'w', 'one'], ['x']),
      node('Mul', ['x', 'most'], ['logits']),
    ],
    readers: ['Abs', 'Div'],
  },
])('behind the last norm, $name: all that reads the hidden states reads the selected ones', ({ nodes, readers }) => {
  expect(selecting([norm, ...nodes])).toEqual(readers);
});

test('a norm in many operators: the product alone is given the selected positions', () => {
  const norms = Array.from({ length: 40 }, (_, place) => node('Mul', [place ? `m${place}` : 'a', 'w'], [`m${place + 1}`]));
  expect(selecting([...norms, node('MatMul', ['m40', 'w'], ['logits'])])).toEqual(['MatMul']);
});

test('logits that no product gives are left as they are', () => {
  expect(selecting([norm, node('Softplus', ['hidden'], ['logits'])])).toBeNull();
  expect(selecting([node('Identity', ['a'], ['logits'])])).toBeNull();
});
