import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { type Field, fieldsOf, numberOf, textsOf } from '../ort/protobuf.ts';

// Numbers of the fields that are read here (onnx.proto).
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE = { graph: 6, tensor: 5 } as const;
const TENSOR = { externalData: 13, location: 14 } as const;
const EXTERNAL = 1;
const ENTRY = { key: 1, value: 2 } as const;

/** A file of weights beside a graph, and how many bytes of it the graph reads. */
export interface ExternalFile {
  /** Relative to the graph's own folder. */
  readonly location: string;
  readonly bytes: number;
}

/**
 * The files that an ONNX graph takes weights from, graphs inside of it included.
 *
 * @throws Error where the bytes are no ONNX model
 */
export function externalFiles(model: Uint8Array): ExternalFile[] {
  const ends = new Map<string, number>();
  for (const graph of fieldsOf(model).filter(({ number }) => number === MODEL_GRAPH)) {
    for (const { location, bytes } of ofGraph(graph.bytes)) ends.set(location, Math.max(ends.get(location) ?? 0, bytes));
  }
  return [...ends].map(([location, bytes]) => ({ location, bytes }));
}

/**
 * Checks them on disk.
 *
 * @param file  path of the graph
 * @param folder  that none of them may lie outside of
 * @returns their paths
 * @throws Error that names the file that is missing, too short or outside
 */
export async function checkExternalFiles(external: readonly ExternalFile[], file: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { location, bytes } of external) {
    const path = resolve(dirname(file), location);
    if (isAbsolute(location) || relative(folder, path).startsWith('..'))
      throw new Error(`${file} takes weights from ${JSON.stringify(location)}, which lies outside of the model's folder.`);
    const found = await stat(path).catch(() => null);
    if (!found?.isFile())
      throw new Error(
        `${file} takes weights from ${location}, and there is no file ${join(path)}. Download it beside the graph.`,
      );
    if (await leadsOut(path, folder))
      throw new Error(
        `${path} is a link to a file outside of the model's folder, which ONNX Runtime does not follow. Copy the file.`,
      );
    if (found.size < bytes)
      throw new Error(`${path} has ${found.size} bytes; ${file} reads ${bytes} of it. It was cut: download it again.`);
    paths.push(path);
  }
  return paths;
}

async function leadsOut(path: string, folder: string): Promise<boolean> {
  return relative(await realpath(folder), await realpath(path)).startsWith('..');
}

function* ofGraph(graph: Uint8Array): Generator<ExternalFile> {
  for (const { number, bytes } of fieldsOf(graph)) {
    if (number === GRAPH.initializer) yield* ofTensor(bytes);
    if (number === GRAPH.node) yield* ofNode(bytes);
  }
}

/** A node may hold graphs (the branches of an If), and a constant its tensor. */
function* ofNode(node: Uint8Array): Generator<ExternalFile> {
  for (const attribute of fieldsOf(node).filter(({ number }) => number === NODE_ATTRIBUTE)) {
    for (const { number, bytes } of fieldsOf(attribute.bytes)) {
      if (number === ATTRIBUTE.graph) yield* ofGraph(bytes);
      if (number === ATTRIBUTE.tensor) yield* ofTensor(bytes);
    }
  }
}

function* ofTensor(tensor: Uint8Array): Generator<ExternalFile> {
  if (numberOf(tensor, TENSOR.location) !== EXTERNAL) return;
  const entries = fieldsOf(tensor)
    .filter(({ number }) => number === TENSOR.externalData)
    .map(({ bytes }: Field) => fieldsOf(bytes))
    .map((fields) => [textsOf(fields, ENTRY.key)[0] ?? '', textsOf(fields, ENTRY.value)[0] ?? '']);
  const { location = '', offset = '0', length = '0' } = Object.fromEntries(entries) as Record<string, string>;
  yield { location, bytes: Number(offset) + Number(length) };
}
