import { z } from 'zod';

export const CONFIG = 'config.json';

/** What a folder's model is used for. */
export const modelKinds = ['policy', 'outcome', 'process', 'embedding', 'tensors'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** Our own member of config.json: what the files of an exporter leave open. It wins where it speaks. */
export const winnowConfig = z.looseObject({
  kind: z.enum(modelKinds).optional(),
  file: z.string().optional().describe('The graph, where the folder has several.'),
  context: z.int().min(2).optional().describe('Tokens that the model reads at most.'),
  input: z.enum(['continuation', 'conversation', 'pair']).optional().describe('How prompt and text are put together.'),
  append_eos: z.boolean().optional().describe('Put the end token behind each text.'),
  padding_side: z.enum(['left', 'right']).optional(),
  label: z
    .union([z.int().min(0), z.string()])
    .optional()
    .describe('Of several logits the one that is the score.'),
  activation: z.enum(['none', 'sigmoid', 'softmax']).optional().describe('From logits to the score.'),
  step_separator: z.string().min(1).optional().describe('Text put behind each step; its last token is where the score is read.'),
  good_token: z.string().min(1).optional().describe('Of a causal LM as process reward: the token of a right step.'),
  bad_token: z.string().min(1).optional(),
  pooling: z.enum(['mean', 'cls', 'last', 'max']).optional(),
  normalize: z.boolean().optional(),
});

const positive = z.int().min(1).nullish();

/** config.json, as transformers writes it, of any head. */
export const headConfig = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  max_position_embeddings: positive,
  n_positions: positive,
  n_ctx: positive,
  seq_length: positive,
  max_sequence_length: positive,
  pad_token_id: z.int().min(0).nullish(),
  eos_token_id: z.union([z.int().min(0), z.array(z.int().min(0))]).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  problem_type: z.string().nullish(),
  num_attention_heads: positive,
  n_head: positive,
  num_key_value_heads: positive,
  head_dim: positive,
  hidden_size: positive,
  n_embd: positive,
  winnow: winnowConfig.default({}),
});
export type HeadConfig = z.infer<typeof headConfig>;

const HEADS: readonly (readonly [RegExp, ModelKind])[] = [
  [/For(Causal|Conditional)?LM$|LMHeadModel$|ForCausalLM$/, 'policy'],
  [/ForSequenceClassification$/, 'outcome'],
  [/ForTokenClassification$/, 'process'],
  [/ForImageClassification$/, 'tensors'],
  [/Model$/, 'embedding'],
];

/** Files of sentence-transformers: a language model that has one is an embedder (Qwen3-Embedding's config.json names a CausalLM). */
export const EMBEDDER_FILES = ['modules.json', '1_Pooling'] as const;

/**
 * What a folder is used for: as config.json says under `winnow.kind`, else by the head that its architecture names.
 *
 * @param isEmbedder  whether it has one of `EMBEDDER_FILES`
 * @returns null where nothing says it
 */
export function kindSaid({ architectures, winnow }: KindSource, isEmbedder: boolean): ModelKind | null {
  if (winnow.kind) return winnow.kind;
  const heads = (architectures ?? []).flatMap((name) => HEADS.find(([pattern]) => pattern.test(name))?.[1] ?? []);
  const [head = null] = heads;
  return isEmbedder && (head === null || head === 'policy') ? 'embedding' : head;
}
type KindSource = Pick<HeadConfig, 'architectures'> & { readonly winnow: Pick<HeadConfig['winnow'], 'kind'> };

/**
 * The same, where a model is to be loaded.
 *
 * @param file  path of config.json, for the message
 * @throws Error that says what is allowed, where nothing says it
 */
export function kindOf(config: KindSource, { file, isEmbedder }: { file: string; isEmbedder: boolean }): ModelKind {
  const kind = kindSaid(config, isEmbedder);
  if (kind) return kind;
  throw new Error(
    `${file}: architectures is ${JSON.stringify(config.architectures ?? [])}; one that ends in ForCausalLM or LMHeadModel (a policy), ` +
      'ForSequenceClassification (an outcome reward), ForTokenClassification (a process reward), ForImageClassification (tensors) ' +
      `or Model (an embedder) is needed, or winnow.kind: ${modelKinds.join(', ')}.`,
  );
}

/**
 * Tokens that a model reads at most: `winnow.context`, else what config.json says, and no more than the tokenizer's own limit.
 *
 * @param limit  model_max_length of tokenizer_config.json; absent or huge where there is none
 */
export function contextOf(config: HeadConfig, limit: number | undefined, file: string): number {
  if (config.winnow.context) return config.winnow.context;
  const { max_position_embeddings, n_positions, n_ctx, max_sequence_length, seq_length } = config;
  const said = max_position_embeddings ?? n_positions ?? n_ctx ?? max_sequence_length ?? seq_length ?? undefined;
  const known = [said, limit].filter((value) => value !== undefined && value < LIMITLESS);
  if (known.length > 0) return Math.min(...(known as number[]));
  throw new Error(`${file}: nothing says how many tokens the model reads; set max_position_embeddings, or winnow.context.`);
}

// transformers writes 1e30 for "no limit"
const LIMITLESS = 1e9;
