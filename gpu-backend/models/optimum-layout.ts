import { dirname } from 'node:path';
import type { OrtLibrary } from '../ort/library.ts';
import { type DeclaredValue, type GraphNode, OnnxGraph } from '../ort/onnx-graph.ts';
import { type GraphValue, Session, type SessionOptions } from '../ort/session.ts';
import { ADDED_POSITIONS, type AppendedCache, type AppendedLayout, type CacheType } from './appended-layout.ts';
import { head, withHead } from './decoder-head.ts';
import type { ModelFiles } from './files.ts';
import type { CausalLayout } from './genai-layout.ts';
import type { HeadConfig } from './head-config.ts';

type DecoderConfig = Pick<
  HeadConfig,
  'num_attention_heads' | 'n_head' | 'num_key_value_heads' | 'head_dim' | 'hidden_size' | 'n_embd'
> & {
  readonly vocab_size?: number | undefined;
};

const PAST = /^past_key_values[.](\d+)[.](key|value)$/;
const CACHE_TYPES: readonly string[] = ['float32', 'float16', 'int8', 'uint8'] satisfies CacheType[];

/** Whether a graph takes keys and values of tokens that were read before. */
export const hasPast = ({ inputs }: OnnxGraph): boolean => inputs.some(({ name }) => name.startsWith('past_key_values.'));

/** What a graph declares, before it is opened. */
export interface OptimumGraph {
  readonly graph: OnnxGraph;
  /** Path of the file. */
  readonly file: string;
  readonly vocabulary: number;
  readonly names: InputNames;
  readonly caches: readonly (AppendedCache & { readonly present: string })[];
  /** Whether its attention can keep past and present in one buffer. */
  readonly groupQueryAttention: boolean;
}

type InputNames = Pick<AppendedLayout, 'inputIds' | 'attentionMask' | 'positionIds' | 'useCacheBranch' | 'logitsToKeep'>;

/**
 * Reads a decoder with the names that Optimum gives: `input_ids`, `past_key_values.N.key`, `present.N.key`, `logits`.
 *
 * @throws Error that says which expectation the file failed
 */
export async function readOptimum(files: ModelFiles, filename: string, config: DecoderConfig): Promise<OptimumGraph> {
  const file = files.path(filename);
  const fail = (expectation: string): never => {
    throw new Error(`${file}: ${expectation}`);
  };
  const graph = await files.graph(filename);
  const { inputs, outputs, nodes } = graph;
  const logits = outputs.find(({ name }) => name === 'logits') ?? fail('there is no output "logits".');
  const vocabulary = logits.shape.at(-1)! > 0 ? logits.shape.at(-1)! : (config.vocab_size ?? -1);
  if (logits.shape.length !== 3 || vocabulary < 1) fail('the output "logits" must have the shape [batch, length, vocabulary].');
  const caches = inputs.flatMap((input) => (PAST.test(input.name) ? [cacheOf(input, outputs, config, fail)] : []));
  const groupQueryAttention = nodes.some(({ operator }) => operator === 'GroupQueryAttention');
  return { graph, file, vocabulary, names: names(inputs, fail), caches, groupQueryAttention };
}

/** An open graph: its present is read by its new positions only, so the runtime need not hand over the whole at every step. */
export function openAppended(
  library: OrtLibrary,
  read: OptimumGraph,
  options: SessionOptions,
): { session: Session; layout: AppendedLayout } {
  const { graph, file, vocabulary, caches } = read;
  const changed = withHead(graph, 'logits', vocabulary);
  const source = caches.length > 0 ? withAdded(changed ? new OnnxGraph(changed) : graph, caches) : changed;
  const session = new Session(library, source ? { bytes: source, folder: dirname(file) } : file, { ...options, spin: true });
  return { session, layout: { ...read.names, ...logitsOf(session, changed !== null, file), vocabulary, caches } };
}

/** The same graph with past and present in one buffer; null where it has no attention that can do it. */
export function openShared(
  library: OrtLibrary,
  { graph, file, vocabulary, names, caches, groupQueryAttention }: OptimumGraph,
  options: SessionOptions,
): { session: Session; layout: Omit<CausalLayout, 'context' | 'endTokens'> } | null {
  const [first] = caches;
  const alike = caches.every(({ heads, size, type }) => heads === first!.heads && size === first!.size && type === first!.type);
  if (!groupQueryAttention || !first || !alike || !names.attentionMask || names.useCacheBranch || names.logitsToKeep) return null;
  if (first.type !== 'float32' && first.type !== 'float16') return null;
  const changed = withHead(graph, 'logits', vocabulary);
  if (!changed) return null;
  const session = new Session(library, { bytes: changed, folder: dirname(file) }, { ...options, spin: true });
  const layout = {
    vocabulary,
    inputIds: names.inputIds,
    attentionMask: names.attentionMask,
    positionIds: names.positionIds,
    logits: head.logits,
    hasHead: true,
    caches: caches.map(({ past, present }) => ({ past, present })),
    cache: { heads: first.heads, headSize: first.size, type: first.type },
  };
  return { session, layout };
}

function logitsOf(session: Session, hasHead: boolean, file: string) {
  const { name, type } = session.outputs.find(({ name }) => name === (hasHead ? head.logits : 'logits'))!;
  if (type !== 'float32' && type !== 'float16')
    throw new Error(`${file}: the output "logits" has type ${type}; float32 and float16 are served.`);
  return { logits: name, logitsType: type, hasHead } as const;
}

/** Inputs beside the caches; one that nobody here can fill is refused by name. */
function names(inputs: readonly GraphValue[], fail: (expectation: string) => never): InputNames {
  const optional = ['attention_mask', 'position_ids', 'use_cache_branch', 'num_logits_to_keep'];
  const has = (name: string): string | null => (inputs.some((input) => input.name === name) ? name : null);
  if (!has('input_ids')) fail('there is no input "input_ids".');
  for (const { name, type } of inputs) {
    if (PAST.test(name)) continue;
    if (name !== 'input_ids' && !optional.includes(name)) fail(`the input "${name}" is not one that this backend can fill.`);
    const wanted = name === 'use_cache_branch' ? 'bool' : 'int64';
    if (type !== wanted) fail(`the input "${name}" has type ${type}; ${wanted} is served.`);
  }
  return {
    inputIds: 'input_ids',
    attentionMask: has('attention_mask'),
    positionIds: has('position_ids'),
    useCacheBranch: has('use_cache_branch'),
    logitsToKeep: has('num_logits_to_keep'),
  };
}

/** Heads, size and type stand in the graph; what it leaves open, in config.json. */
function cacheOf(
  { name, shape, type }: GraphValue,
  outputs: readonly { name: string }[],
  config: DecoderConfig,
  fail: (expectation: string) => never,
): AppendedCache & { present: string } {
  const present = name.replace(/^past_key_values/, 'present');
  if (!outputs.some((output) => output.name === present)) fail(`there is no output "${present}" for the input "${name}".`);
  if (shape.length !== 4) fail(`the input "${name}" must have the shape [batch, heads, length, head size].`);
  if (!CACHE_TYPES.includes(type)) fail(`the input "${name}" has type ${type}; ${CACHE_TYPES.join(', ')} are served.`);
  const queries = config.num_attention_heads ?? config.n_head;
  const width = config.hidden_size ?? config.n_embd;
  const heads = shape[1]! > 0 ? shape[1]! : (config.num_key_value_heads ?? queries);
  const size = shape[3]! > 0 ? shape[3]! : (config.head_dim ?? (width && queries ? width / queries : undefined));
  if (!heads || !size || !Number.isInteger(size))
    return fail(
      `the input "${name}" leaves heads or head size open, and config.json does not say them (num_key_value_heads, head_dim).`,
    );
  return { past: name, present, added: `${present}/winnow_added`, heads, size, type: type as CacheType }; // one of CACHE_TYPES, by the check above
}

/** The graph with the new positions of each present as its outputs, in place of the whole presents. */
export function withAdded(graph: OnnxGraph, caches: readonly (AppendedCache & { present: string })[]): Uint8Array {
  const nodes = caches.map(
    ({ present, added }): GraphNode => ({
      operator: 'Gather',
      inputs: [present, ADDED_POSITIONS],
      outputs: [added],
      attributes: { axis: 2 },
    }),
  );
  const outputs = caches.map(
    ({ added, heads, size, type }): DeclaredValue => ({ name: added, type, shape: ['rows', heads, 'added', size] }),
  );
  return graph.changed({
    rewired: new Map(),
    nodes,
    inputs: [{ name: ADDED_POSITIONS, type: 'int64', shape: ['added'] }],
    outputs,
    dropped: caches.map(({ present }) => present),
  });
}
