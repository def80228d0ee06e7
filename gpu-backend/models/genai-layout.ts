import { z } from 'zod';
import type { OrtLibrary } from '../ort/library.ts';
import { type GraphValue, Session, type SessionOptions } from '../ort/session.ts';
import { head, withHead } from './decoder-head.ts';
import type { ModelFiles } from './files.ts';

const genaiConfig = z.looseObject({
  model: z.looseObject({
    context_length: z.int().min(2),
    eos_token_id: z.union([z.int(), z.array(z.int()).min(1)]),
    decoder: z.looseObject({
      filename: z.string(),
      head_size: z.int().min(1),
      sliding_window: z.looseObject({ window_size: z.int().optional(), layers: z.array(z.int()).optional() }).optional(),
      inputs: z.looseObject({
        input_ids: z.string(),
        attention_mask: z.string(),
        position_ids: z.string().optional(),
        past_key_names: z.string(),
        past_value_names: z.string(),
      }),
      outputs: z.looseObject({ logits: z.string(), present_key_names: z.string(), present_value_names: z.string() }),
    }),
  }),
  search: z.looseObject({ past_present_share_buffer: z.boolean() }),
});

/** Where a causal language model's parts are, as its own files and its graph say. */
export interface CausalLayout {
  readonly context: number;
  readonly endTokens: ReadonlySet<number>;
  readonly vocabulary: number;
  readonly inputIds: string;
  readonly attentionMask: string;
  /** Null where the graph counts positions by the mask. */
  readonly positionIds: string | null;
  readonly logits: string;
  /** Whether the graph was given the inputs and outputs of `decoder-head.ts`. */
  readonly hasHead: boolean;
  /** One entry for each key and each value cache; past and present are one buffer. */
  readonly caches: readonly CacheNames[];
  readonly cache: CacheShape;
}

export interface CacheNames {
  readonly past: string;
  readonly present: string;
}

/** One layer's keys (or values) of one row: [heads, length, headSize], as the graph wants them. */
export interface CacheShape {
  readonly heads: number;
  readonly headSize: number;
  readonly type: 'float32' | 'float16' | 'bfloat16';
}

export const GENAI_CONFIG = 'genai_config.json';

/**
 * Opens the policy of a folder that genai_config.json describes.
 *
 * @throws Error that says which file failed which expectation
 */
export async function openGenai(library: OrtLibrary, files: ModelFiles, options: SessionOptions) {
  const { model, search } = await files.json(GENAI_CONFIG, genaiConfig);
  if (!search.past_present_share_buffer) {
    throw new Error(
      `${files.path(GENAI_CONFIG)}: search.past_present_share_buffer must be true; export the model with GroupQueryAttention.`,
    );
  }
  const { filename, outputs, sliding_window: sliding } = model.decoder;
  if (sliding) {
    throw new Error(
      `${files.path(GENAI_CONFIG)}: the cache of ${sliding.layers?.length ?? 'some'} layers is a window of ${sliding.window_size ?? 'some'} positions, ` +
        'which cannot be forked or cut; export the model with --extra_options windowed_kv_cache=false.',
    );
  }
  const graph = await files.graph(filename);
  const vocabulary = graph.outputs.find(({ name }) => name === outputs.logits)?.shape.at(-1) ?? -1;
  const changed = vocabulary > 0 ? withHead(graph, outputs.logits, vocabulary) : null;
  const source = changed ? { bytes: changed, folder: files.folder } : files.path(filename);
  const session = new Session(library, source, { ...options, spin: true });
  return {
    filename,
    session,
    layout: readLayout(model, session, { file: files.path(filename), vocabulary, withHead: changed !== null }),
  };
}

interface GraphFacts {
  readonly file: string;
  readonly vocabulary: number;
  readonly withHead: boolean;
}

function readLayout(
  model: z.infer<typeof genaiConfig>['model'],
  session: Session,
  { file, vocabulary, withHead: hasHead }: GraphFacts,
): CausalLayout {
  const { inputs, outputs, head_size: headSize } = model.decoder;
  const fail = (expectation: string): never => {
    throw new Error(`${file}: ${expectation}`);
  };
  const input = (name: string) => session.inputs.find((value) => value.name === name);
  if (vocabulary < 1) fail(`an output "${outputs.logits}" of shape [batch, length, vocabulary] is needed.`);
  const logits = session.outputs.find(({ name }) => name === (hasHead ? head.logits : outputs.logits))!;
  if (logits.type !== 'float32') fail(`the output "${logits.name}" has type ${logits.type}; float32 is served.`);

  const caches = layers(session.inputs, inputs.past_key_names).flatMap((layer) => [
    { past: numbered(inputs.past_key_names, layer), present: numbered(outputs.present_key_names, layer) },
    { past: numbered(inputs.past_value_names, layer), present: numbered(outputs.present_value_names, layer) },
  ]);
  if (caches.length === 0) fail(`no input is named like "${inputs.past_key_names}".`);
  const positionIds = inputs.position_ids !== undefined && input(inputs.position_ids) ? inputs.position_ids : null;
  const known = new Set([inputs.input_ids, inputs.attention_mask, ...caches.map(({ past }) => past)]);
  for (const name of known) if (!input(name)) fail(`there is no input "${name}".`);
  const added = hasHead ? [head.positions, head.scales] : [];
  for (const { name } of session.inputs)
    if (!known.has(name) && name !== positionIds && !added.includes(name as never))
      fail(`the input "${name}" is not one that this backend can fill.`);
  for (const { present } of caches)
    if (!session.outputs.some(({ name }) => name === present)) fail(`there is no output "${present}".`);

  return {
    context: model.context_length,
    endTokens: new Set([model.eos_token_id].flat()),
    vocabulary,
    inputIds: inputs.input_ids,
    attentionMask: inputs.attention_mask,
    positionIds,
    logits: logits.name,
    hasHead,
    caches,
    cache: cacheShape(input(caches[0]!.past)!, headSize, fail),
  };
}

/** Heads and type stand in the graph; the head size there may be symbolic, then it stands in genai_config.json only. */
function cacheShape(past: GraphValue, headSize: number, fail: (expectation: string) => never): CacheShape {
  const [, heads = -1, , size = -1] = past.shape;
  if (past.shape.length !== 4 || heads < 1)
    fail(`the input "${past.name}" must have the shape [batch, heads, length, head size].`);
  if (size > 0 && size !== headSize) fail(`the input "${past.name}" has head size ${size}; genai_config.json says ${headSize}.`);
  if (past.type !== 'float32' && past.type !== 'float16' && past.type !== 'bfloat16')
    return fail(`the cache has type ${past.type}; float32, float16 and bfloat16 are served.`);
  return { heads, headSize, type: past.type };
}

const numbered = (pattern: string, layer: number): string => pattern.replace('%d', String(layer));

/** Layers are counted in the graph: some exports leave some without a cache. */
function layers(inputs: readonly GraphValue[], pattern: string): number[] {
  const [before = '', after = ''] = pattern.split('%d');
  return inputs
    .filter(({ name }) => name.startsWith(before) && name.endsWith(after))
    .map(({ name }) => Number(name.slice(before.length, name.length - after.length)))
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
}
