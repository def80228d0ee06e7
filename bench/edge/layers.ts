/** The embedded outcome reward with its first layers alone: a smaller model of the same make. Its scores mean nothing. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxGraph } from '../../gpu-backend/ort/onnx-graph.ts';

/** Copies a model's folder to `target`, cut to `layers`. */
export function withLayers(source: string, target: string, layers: number): void {
  cpSync(source, target, { recursive: true });
  const graph = new OnnxGraph(readFileSync(join(source, 'model.onnx')));
  const makerOf = (value: string) => graph.nodes.find(({ outputs }) => outputs.includes(value));
  const pick = graph.nodes.findIndex(({ operator }) => operator === 'GatherElements');
  const [last] = graph.nodes[pick]!.inputs as [string];
  // what each layer adds to, the last layer first: two sums a layer, of attention and of the feed-forward part
  const stream: string[] = [];
  for (let value = last; makerOf(value)?.operator === 'Add'; value = makerOf(value)!.inputs[0]!) stream.push(value);
  const ends = stream.filter((_, place) => place % 2 === 0).reverse();
  const end = ends[layers - 1];
  if (end === undefined) throw new Error(`--layers is ${layers}; the model has 1 to ${ends.length}.`);
  const rewired = new Map([[pick, { [last]: end }]]);
  const changed = { rewired, without: unread(graph, rewired), nodes: [], inputs: [], outputs: [], dropped: [] };
  writeFileSync(join(target, 'model.onnx'), graph.changed(changed));
}

/** Nodes that no output is made from any more: ONNX Runtime would run them. */
function unread(graph: OnnxGraph, rewired: ReadonlyMap<number, Readonly<Record<string, string>>>): Set<number> {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const dead = new Set<number>();
  for (const [index, { inputs, outputs }] of [...graph.nodes.entries()].reverse()) {
    if (!outputs.some((output) => read.has(output))) dead.add(index);
    else for (const input of inputs) read.add(rewired.get(index)?.[input] ?? input);
  }
  return dead;
}
