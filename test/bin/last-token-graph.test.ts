import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLastTokenOnly } from '../../bin/last-token-graph.ts';
import { root } from '../../bin/settings.ts';
import { type GraphNode, OnnxGraph, smallModel } from '../../gpu-backend/ort/onnx-graph.ts';

const node = (operator: string, inputs: string[], outputs: string[]): GraphNode => ({ operator, inputs, outputs });
const model = (nodes: readonly GraphNode[], outputs = ['logits']) =>
  smallModel(
    nodes,
    [
      { name: 'hidden', type: 'float32', shape: ['rows', 'length', 8] },
      { name: 'last', type: 'int64', shape: [] },
    ],
    outputs.map((name) => ({ name, type: 'float32', shape: ['rows', 1] })),
  );

const attention = [node('Softmax', ['hidden'], ['weights']), node('MatMul', ['weights', 'hidden'], ['mixed'])];
const behind = [
  node('MatMul', ['mixed', 'matrix'], ['x']),
  node('Add', ['x', 'hidden'], ['y']),
  node('Gather', ['y', 'last'], ['z']),
  node('MatMul', ['z', 'head'], ['logits']),
];

test('the pick moves up to what the last attention gave and to what is added to it', () => {
  const { nodes } = new OnnxGraph(withLastTokenOnly(model([...attention, ...behind]))!);
  const reading = (output: string) => nodes.find(({ outputs }) => outputs.includes(output))!.inputs;
  expect(reading('x')).toEqual(['mixed/winnow_last', 'matrix']);
  expect(reading('y')).toEqual(['x', 'hidden/winnow_last']);
  expect(reading('logits')).toEqual(['y', 'head']);
  expect(reading('mixed/winnow_last')).toEqual(['mixed', 'last']);
  expect(reading('mixed')).toEqual(['weights', 'hidden']); // attention reads all positions still
});

test.each([
  { name: 'nothing is picked', nodes: [...attention, node('MatMul', ['mixed', 'head'], ['logits'])] },
  {
    name: 'no product lies between attention and the pick',
    nodes: [...attention, node('Gather', ['mixed', 'last'], ['logits'])],
  },
  {
    name: 'a table is what is picked from',
    nodes: [node('Gather', ['table', 'last'], ['x']), node('MatMul', ['x', 'head'], ['logits'])],
  },
])('a graph where $name stays as it is', ({ nodes }) => {
  expect(withLastTokenOnly(model(nodes))).toBeNull();
});

test('what somebody else reads too is computed for all positions', () => {
  expect(withLastTokenOnly(model([...attention, ...behind], ['logits', 'x']))).toBeNull(); // an output of the graph
  expect(withLastTokenOnly(model([...attention, ...behind, node('Softmax', ['x'], ['other'])]))).toBeNull();
});

test('a process reward, which reads every step, stays as it is', () => {
  expect(withLastTokenOnly(readFileSync(join(root, 'gpu-backend', 'weights', 'process', 'model.onnx')))).toBeNull();
});

test('a node that is left out is gone, and the others stay in their order', () => {
  const graph = new OnnxGraph(model([...attention, ...behind]));
  const changed = graph.changed({
    rewired: new Map(),
    without: new Set([0, 3]),
    nodes: [],
    inputs: [],
    outputs: [],
    dropped: [],
  });
  expect(new OnnxGraph(changed).nodes.map(({ operator }) => operator)).toEqual(['MatMul', 'MatMul', 'Gather', 'MatMul']);
});
