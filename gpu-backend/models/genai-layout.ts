import { z } from 'zod';
import type { GraphValue, Session } from '../ort/session.ts';
import type { ModelFiles } from './files.ts';

const genaiConfig = z.looseObject({
  model: z.looseObject({
    context_length: z.int().min(2),
    eos_token_id: z.union([z.int(), z.array(z.int()).min(1)]),
    decoder: z.looseObject({
      filename: z.string(),
      head_size: z.int().min(1),
      inputs: z.looseObject({
        input_ids: z.string(),
        attention_mask: z.string(),
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
  readonly logits: string;
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
  readonly type: 'float32' | 'float16';
}

export const GENAI_CONFIG = 'genai_config.json';

/** Reads genai_config.json: the graph's file, and how to read the layout once a session is open on it. */
export async function readGenaiConfig(files: ModelFiles) {
  const { model, search } = await files.json(GENAI_CONFIG, genaiConfig);
  if (!search.past_present_share_buffer) {
    throw new Error(
      `${files.path(GENAI_CONFIG)}: search.past_present_share_buffer must be true; export the model with GroupQueryAttention.`,
    );
  }
  return {
    filename: model.decoder.filename,
    layout: (session: Session) => readLayout(model, session, files.path(model.decoder.filename)),
  };
}

function readLayout(model: z.infer<typeof genaiConfig>['model'], session: Session, file: string): CausalLayout {
  const { inputs, outputs, head_size: headSize } = model.decoder;
  const fail = (expectation: string): never => {
    throw new Error(`${file}: ${expectation}`);
  };
  const input = (name: string) => session.inputs.find((value) => value.name === name);
  const logits = session.outputs.find(({ name }) => name === outputs.logits) ?? fail(`there is no output "${outputs.logits}".`);
  if (logits.type !== 'float32') fail(`the output "${logits.name}" has type ${logits.type}; float32 is served.`);
  const vocabulary = logits.shape.at(-1) ?? -1;
  if (logits.shape.length !== 3 || vocabulary < 1)
    fail(`the output "${logits.name}" must have the shape [batch, length, vocabulary].`);

  const caches = layers(session.inputs, inputs.past_key_names).flatMap((layer) => [
    { past: numbered(inputs.past_key_names, layer), present: numbered(outputs.present_key_names, layer) },
    { past: numbered(inputs.past_value_names, layer), present: numbered(outputs.present_value_names, layer) },
  ]);
  if (caches.length === 0) fail(`no input is named like "${inputs.past_key_names}".`);
  const known = new Set([inputs.input_ids, inputs.attention_mask, ...caches.map(({ past }) => past)]);
  for (const name of known) if (!input(name)) fail(`there is no input "${name}".`);
  for (const { name } of session.inputs) if (!known.has(name)) fail(`the input "${name}" is not one that this backend can fill.`);
  for (const { present } of caches)
    if (!session.outputs.some(({ name }) => name === present)) fail(`there is no output "${present}".`);

  return {
    context: model.context_length,
    endTokens: new Set([model.eos_token_id].flat()),
    vocabulary,
    inputIds: inputs.input_ids,
    attentionMask: inputs.attention_mask,
    logits: outputs.logits,
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
  if (past.type !== 'float32' && past.type !== 'float16')
    return fail(`the cache has type ${past.type}; float32 and float16 are served.`);
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
