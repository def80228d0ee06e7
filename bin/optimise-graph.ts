/**
 * Makes the graph that a Worker runs from the one of a model's folder: `edge-graph.ts` starts it as a process of its own, since
 * ONNX Runtime's interface is asynchronous and a build is not.
 *
 *   node bin/optimise-graph.ts SOURCE TARGET outcome|process PADDING_ID
 *
 * It writes TARGET and prints an `EdgeGraph` as JSON, or prints why not and ends with 1.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { isPast, noPast } from '../src/backends/edge-onnx/no-past.ts';
import { padded } from '../src/tokens/padding.ts';
import type { EdgeGraph } from './edge-graph.ts';
import { withLastTokenOnly } from './last-token-graph.ts';

type Side = 'left' | 'right';

// Rows of different lengths that any vocabulary knows, none of them the usual id of padding.
const SAMPLES = [9, 2, 5, 3].map((length, row) => Array.from({ length }, (_, place) => 3 + ((7 * place + row) % 20)));
// Of the largest number: what another order of adding float32 numbers may change, and what a wrong graph always exceeds.
const ROUNDING = 1e-5;
// Formats that quantise activations say slightly other things of one row in other company.
const COMPANY = 0.05;
const SERVED = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

const [source, target, kind, paddingId] = process.argv.slice(2) as [string, string, 'outcome' | 'process', string];
const perToken = kind === 'process';

try {
  process.stdout.write(JSON.stringify(await optimise()));
} catch (cause) {
  process.stderr.write(cause instanceof Error ? cause.message : String(cause));
  process.exitCode = 1;
}

async function optimise(): Promise<Omit<EdgeGraph, 'file'>> {
  const original = readFileSync(source);
  const plain = await InferenceSession.create(original, { graphOptimizationLevel: 'disabled' });
  const unserved = plain.inputNames.find((name) => !SERVED.includes(name) && !isPast(name));
  if (unserved !== undefined) throw new Error(`its input ${unserved} is none of ${SERVED.join(', ')}.`);
  if (!plain.outputNames.includes('logits')) throw new Error(`it has no output "logits", but ${plain.outputNames.join(', ')}.`);
  const alone: number[][] = [];
  for (const row of SAMPLES) alone.push(...(await numbers(plain, [row], 'right')));
  const labels = perToken ? alone[0]!.length / SAMPLES[0]!.length : alone[0]!.length;
  const padding = await sideOf(plain, alone);
  const shorter = perToken ? null : withLastTokenOnly(original);
  const graphs = shorter ? [shorter, original] : [original];
  for (const graph of graphs) if (await written(graph, alone)) return { labels, padding };
  throw new Error('ONNX Runtime optimises it to a graph that gives other numbers.');
}

/** Writes a graph optimised, where its numbers are still those of the original. */
async function written(graph: Uint8Array, wanted: readonly number[][]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-graph-'));
  try {
    const [from, to] = [join(folder, 'from.onnx'), join(folder, 'to.onnx')];
    writeFileSync(from, graph);
    // `extended` and not `all`: what lies above it is for the processor of this machine
    const session = await InferenceSession.create(from, { graphOptimizationLevel: 'extended', optimizedModelFilePath: to });
    const given: number[][] = [];
    for (const row of SAMPLES) given.push(...(await numbers(session, [row], 'right')));
    if (!near(given, wanted, ROUNDING)) return false;
    const beside = join(dirname(target), `${process.pid}.part`); // a build beside this one never reads half a file
    writeFileSync(beside, readFileSync(to));
    renameSync(beside, target);
    return true;
  } catch (cause) {
    if (graph.length === readFileSync(source).length) throw cause;
    return false; // the shorter one is a try; the original is next
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How rows may be padded: what a text gives in company must be what it gives alone. */
async function sideOf(session: InferenceSession, alone: readonly number[][]): Promise<EdgeGraph['padding']> {
  for (const side of ['right', 'left'] as const) {
    const together = await numbers(session, SAMPLES, side).catch(() => null); // a graph may refuse one side
    if (together && near(together, alone, COMPANY)) return side;
  }
  return 'equal';
}

/** The numbers of each row: its logits, or those of each of its tokens. */
async function numbers(session: InferenceSession, rows: readonly (readonly number[])[], side: Side): Promise<number[][]> {
  const { length, ids, mask } = padded(rows, Number(paddingId), side);
  const places = mask.map((_, index) => mask.slice(index - (index % length), index).reduce((sum, one) => sum + one, 0n));
  const values: Record<string, BigInt64Array> = {
    input_ids: ids,
    attention_mask: mask,
    token_type_ids: new BigInt64Array(ids.length),
    position_ids: places,
  };
  const shape = [rows.length, length];
  const read = session.inputNames.filter((name) => !isPast(name));
  const feeds = Object.fromEntries([
    ...read.map((name) => [name, new Tensor('int64', values[name]!, shape)] as const),
    ...noPast(session.inputMetadata, rows.length).map(
      ([name, dims]) => [name, new Tensor('float32', new Float32Array(), dims)] as const,
    ),
  ]);
  const { logits } = await session.run(feeds, ['logits']);
  if (logits?.type !== 'float32') throw new Error(`its logits are ${logits?.type}; float32 is served.`);
  if (logits.dims.length !== (perToken ? 3 : 2))
    throw new Error(`its logits have the shape [${logits.dims}], which no ${kind} reward has.`);
  const all = Array.from(logits.data as Float32Array); // float32, by the line above
  const size = all.length / rows.length;
  return rows.map((row, index) => {
    const own = all.slice(index * size, (index + 1) * size);
    if (!perToken) return own;
    const each = size / length;
    const start = side === 'left' ? (length - row.length) * each : 0;
    return own.slice(start, start + row.length * each);
  });
}

function near(given: readonly number[][], wanted: readonly number[][], share: number): boolean {
  const flat = wanted.flat();
  const scale = Math.max(1e-6, ...flat.map(Math.abs));
  return given.flat().every((value, index) => Math.abs(value - flat[index]!) <= share * scale);
}
