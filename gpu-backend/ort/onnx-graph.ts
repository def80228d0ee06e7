import { delimited, type Field, fieldsOf, joined, numberOf, numeric, textsOf } from './protobuf.ts';
import type { GraphValue } from './session.ts';
import { type ElementType, elementName, elementTypes } from './tensor.ts';

// Numbers of the fields that are read or written here (onnx.proto).
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const TENSOR_NAME = 8;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, integer: 3, type: 20 } as const;
const ATTRIBUTE_INTEGER = 2;
const VALUE = { name: 1, type: 2 } as const;

/** An operator of a graph, by the names of the values that it reads and writes. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers only. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** An input or output to be declared; a dimension given as text is open. */
export interface DeclaredValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** An output as the file declares it; an open dimension is -1. */
export interface OutputShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What is to be changed of a graph. */
export interface GraphChange {
  /** Inputs of nodes to be read from another value: index of the node -> old name -> new name. */
  readonly rewired: ReadonlyMap<number, Readonly<Record<string, string>>>;
  /** Nodes that are left out, by index. */
  readonly without?: ReadonlySet<number>;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  /** Outputs that the graph no longer gives. */
  readonly dropped: readonly string[];
}

/** The operators of an ONNX file, and the file again with some of them changed. Weights are never looked into. */
export class OnnxGraph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly OutputShape[];
  readonly #model: readonly Field[];
  readonly #graph: readonly Field[];

  /** @throws Error where the bytes are no ONNX model */
  constructor(file: Uint8Array) {
    this.#model = fieldsOf(file);
    const graph = this.#model.find(({ number }) => number === MODEL_GRAPH);
    if (!graph) throw new Error('it has no graph.');
    this.#graph = fieldsOf(graph.bytes);
    this.nodes = this.#graph.filter(({ number }) => number === GRAPH.node).map(({ bytes }) => readNode(bytes));
    // a file of the old form lists its weights among the inputs
    const weights = new Set(
      this.#graph.flatMap(({ number, bytes }) => (number === GRAPH.initializer ? textsOf(fieldsOf(bytes), TENSOR_NAME) : [])),
    );
    const inputs = this.#graph.filter(({ number, bytes }) => number === GRAPH.input && !weights.has(valueName(bytes)));
    this.inputs = inputs.map(({ bytes }) => ({ ...readOutput(bytes), type: elementName(readType(bytes)) }));
    this.outputs = this.#graph.filter(({ number }) => number === GRAPH.output).map(({ bytes }) => readOutput(bytes));
  }

  /** The bytes of the model with this change made. */
  changed({ rewired, without, nodes, inputs, outputs, dropped }: GraphChange): Uint8Array {
    let index = -1;
    const kept = this.#graph.flatMap(({ number, whole, bytes }) => {
      if (number === GRAPH.node) index++;
      if (number === GRAPH.node && without?.has(index)) return [];
      const names = number === GRAPH.node ? rewired.get(index) : undefined;
      if (names) return [delimited(GRAPH.node, rewiredNode(bytes, names))];
      return number === GRAPH.output && dropped.includes(valueName(bytes)) ? [] : [whole];
    });
    const graph = joined([
      ...kept,
      ...nodes.map((node) => delimited(GRAPH.node, writtenNode(node))),
      ...inputs.map((value) => delimited(GRAPH.input, writtenValue(value))),
      ...outputs.map((value) => delimited(GRAPH.output, writtenValue(value))),
    ]);
    return joined([
      ...this.#model.filter(({ number }) => number !== MODEL_GRAPH).map(({ whole }) => whole),
      delimited(MODEL_GRAPH, graph),
    ]);
  }
}

/** A model of these nodes alone, in the operator set of ONNX 1.15. */
export function smallModel(
  nodes: readonly GraphNode[],
  inputs: readonly DeclaredValue[],
  outputs: readonly DeclaredValue[],
): Uint8Array {
  const graph = joined([
    ...nodes.map((node) => delimited(GRAPH.node, writtenNode(node))),
    delimited(GRAPH.name, 'winnow'),
    ...inputs.map((value) => delimited(GRAPH.input, writtenValue(value))),
    ...outputs.map((value) => delimited(GRAPH.output, writtenValue(value))),
  ]);
  const operators = joined([delimited(1, ''), numeric(2, 20)]);
  return joined([numeric(1, 9), delimited(MODEL_GRAPH, graph), delimited(8, operators)]);
}

function readNode(bytes: Uint8Array): GraphNode {
  const fields = fieldsOf(bytes);
  return {
    operator: textsOf(fields, NODE.operator)[0] ?? '',
    inputs: textsOf(fields, NODE.input),
    outputs: textsOf(fields, NODE.output),
  };
}

const inner = (message: Uint8Array, number: number): Uint8Array =>
  fieldsOf(message).find((field) => field.number === number)?.bytes ?? new Uint8Array();
/** The tensor type of an input or output: of its elements (1) and its shape (2). */
const tensorOf = (value: Uint8Array): Uint8Array => inner(inner(value, VALUE.type), 1);
const readType = (value: Uint8Array): number => numberOf(tensorOf(value), 1) ?? 0;

function readOutput(bytes: Uint8Array): OutputShape {
  const shape = inner(tensorOf(bytes), 2);
  return { name: valueName(bytes), shape: fieldsOf(shape).map((dimension) => numberOf(dimension.bytes, 1) ?? -1) };
}

function rewiredNode(bytes: Uint8Array, names: Readonly<Record<string, string>>): Uint8Array {
  return joined(
    fieldsOf(bytes).map((field) => {
      if (field.number !== NODE.input) return field.whole;
      const name = new TextDecoder().decode(field.bytes);
      return delimited(NODE.input, Object.hasOwn(names, name) ? names[name]! : name);
    }),
  );
}

function writtenNode({ operator, inputs, outputs, attributes = {} }: GraphNode): Uint8Array {
  return joined([
    ...inputs.map((name) => delimited(NODE.input, name)),
    ...outputs.map((name) => delimited(NODE.output, name)),
    delimited(NODE.operator, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      delimited(
        NODE.attribute,
        joined([delimited(ATTRIBUTE.name, name), writtenInteger(value), numeric(ATTRIBUTE.type, ATTRIBUTE_INTEGER)]),
      ),
    ),
  ]);
}

/** -1, the last axis, is ten bytes on the wire: all ones but the tenth. */
function writtenInteger(value: number): Uint8Array {
  if (value >= 0) return numeric(ATTRIBUTE.integer, value);
  const ones = BigInt.asUintN(64, BigInt(value));
  const bytes = Array.from({ length: 10 }, (_, place) => Number((ones >> BigInt(7 * place)) & 127n) + (place < 9 ? 128 : 0));
  return joined([Uint8Array.of(ATTRIBUTE.integer * 8), Uint8Array.from(bytes)]);
}

const valueName = (bytes: Uint8Array): string => textsOf(fieldsOf(bytes), VALUE.name)[0] ?? '';

function writtenValue({ name, type, shape }: DeclaredValue): Uint8Array {
  const dimensions = shape.map((size) => delimited(1, typeof size === 'number' ? numeric(1, size) : delimited(2, size)));
  const tensor = joined([numeric(1, elementTypes[type]), delimited(2, joined(dimensions))]);
  return joined([delimited(VALUE.name, name), delimited(VALUE.type, delimited(1, tensor))]);
}
