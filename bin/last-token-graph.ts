import { type GraphNode, OnnxGraph } from '../gpu-backend/ort/onnx-graph.ts';

// Operators that pick one position of each text out of [rows, length, size].
const PICKS = new Set(['GatherElements', 'Gather']);
const OF_POSITIONS = { axis: 1 };
// Operators that treat each position by itself, where they work along the last axis.
const BY_POSITION = new Set(
  [
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Sqrt', 'Reciprocal', 'Neg', 'Exp', 'Erf', 'Tanh', 'Sigmoid', 'Relu', 'Gelu', 'Cast'],
    ['ReduceMean', 'LayerNormalization', 'SimplifiedLayerNormalization', 'RMSNormalization', 'SkipLayerNormalization'],
    ['SkipSimplifiedLayerNormalization', 'BiasGelu', 'FastGelu', 'QuickGelu', 'MatMul', 'MatMulNBits'],
  ].flat(),
);
const PRODUCTS = new Set(['MatMul', 'MatMulNBits']);

/** The nodes of a graph with what leads from one to the next. */
interface Flow {
  readonly nodes: readonly GraphNode[];
  /** Value -> index of the node that makes it; inputs and weights have none. */
  readonly makers: ReadonlyMap<string, number>;
  /** Value -> indexes of the nodes that read it; -1 is the caller, who reads the outputs. */
  readonly readers: ReadonlyMap<string, readonly number[]>;
  /** Whether a value is the same for all texts. */
  readonly isWeight: (value: string) => boolean;
}

/**
 * A graph whose score is read at one position of each text, changed so that what follows the last attention is computed for
 * that position alone. Exporters compute it for every position: of six layers that is a seventh of the work.
 *
 * Operators are known by their names alone, so whoever runs the result compares its numbers with the original's first.
 *
 * @returns null where nothing would be saved
 */
export function withLastTokenOnly(file: Uint8Array): Uint8Array | null {
  const graph = new OnnxGraph(file);
  const flow = flowOf(graph);
  for (const [pick, { operator }] of [...graph.nodes.entries()].reverse()) {
    if (!PICKS.has(operator)) continue;
    const behind = computedFor(pick, flow);
    if ([...behind].some((index) => PRODUCTS.has(graph.nodes[index]!.operator))) return movedUp(graph, { pick, behind, flow });
  }
  return null;
}

function flowOf({ nodes, inputs, outputs }: OnnxGraph): Flow {
  const makers = new Map(nodes.flatMap((node, index) => node.outputs.map((output) => [output, index] as const)));
  const readers = new Map<string, number[]>(outputs.map(({ name }) => [name, [-1]]));
  for (const [index, node] of nodes.entries())
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), index]);
  const open = new Set(inputs.map(({ name }) => name));
  const isWeight = (value: string) => {
    const maker = makers.get(value);
    return maker === undefined ? !open.has(value) : nodes[maker]!.operator === 'Constant';
  };
  return { nodes, makers, readers, isWeight };
}

/** Nodes that work position by position and for nothing but what is picked. */
function computedFor(pick: number, { nodes, readers, isWeight }: Flow): Set<number> {
  const [picked] = nodes[pick]!.inputs;
  const behind = new Set<number>();
  const isBehind = (output: string) => {
    if (output === '') return true;
    const by = readers.get(output) ?? [];
    return output === picked ? by.every((index) => index === pick) : by.every((index) => behind.has(index));
  };
  // a file lists its nodes in the order of their work, so the readers of one stand behind it
  for (let index = pick - 1; index >= 0; index--) {
    const { operator, inputs, outputs } = nodes[index]!;
    const isRead = outputs.some((output) => readers.has(output));
    // a product with anything but a weight is attention's: it mixes positions
    const byPosition = BY_POSITION.has(operator) && (operator !== 'MatMul' || isWeight(inputs[1]!));
    if (byPosition && isRead && outputs.every(isBehind)) behind.add(index);
  }
  return behind;
}

/** The picking done before those nodes in place of behind them. */
function movedUp(graph: OnnxGraph, { pick, behind, flow }: { pick: number; behind: ReadonlySet<number>; flow: Flow }) {
  const { nodes, makers, readers, isWeight } = flow;
  const { operator, inputs, outputs } = nodes[pick]!;
  const [picked, position] = inputs as [string, string];
  const [result] = outputs as [string];
  const isBefore = (value: string) => value !== '' && !isWeight(value) && !behind.has(makers.get(value) ?? -1);
  const before = [...new Set([...behind].flatMap((index) => nodes[index]!.inputs.filter(isBefore)))];
  const names = Object.fromEntries(before.map((value) => [value, `${value}/winnow_last`]));
  const rewired = new Map([...behind].map((index) => [index, names]));
  for (const index of readers.get(result) ?? []) rewired.set(index, { [result]: picked });
  rewired.set(pick, { [picked]: before[0]! }); // nobody reads it any more: it must not reach beyond the one that is left
  const picks = before.map(
    (value): GraphNode => ({ operator, inputs: [value, position], outputs: [names[value]!], attributes: OF_POSITIONS }),
  );
  return graph.changed({ rewired, nodes: picks, inputs: [], outputs: [], dropped: [] });
}
