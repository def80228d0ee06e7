/** What a folder on this machine is, by its small files alone: nothing is loaded, so it is quick and may be wrong. */
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { EMBEDDER_FILES, kindSaid, type ModelKind, modelKinds } from '../../gpu-backend/models/head-config.ts';

export interface ModelFolder {
  /** What it can be used as; null where nothing says so. */
  readonly kind: ModelKind | null;
  readonly layout: 'onnxruntime-genai' | 'optimum' | null;
  /** The model's family, as its files name it. */
  readonly architecture: string | null;
  /** Tokens at most. */
  readonly context: number | null;
  /** Entries of the vocabulary. */
  readonly vocabulary: number | null;
  readonly chatTemplate: boolean;
  /** Its own recommendation for sampling, where generation_config.json has one. */
  readonly sampling: { readonly temperature?: number; readonly top_p?: number; readonly top_k?: number };
  /** Bytes of all files. */
  readonly bytes: number;
  /** What is missing or unreadable, as sentences. */
  readonly problems: readonly string[];
}

const number = z.int().min(1).optional().catch(undefined);
const genaiConfig = z.looseObject({
  model: z
    .looseObject({
      type: z.string().optional(),
      context_length: number,
      vocab_size: number,
      decoder: z.looseObject({ filename: z.string().optional() }).optional(),
    })
    .optional(),
});
const modelConfig = z.looseObject({
  architectures: z.array(z.string()).nullish().catch(undefined),
  model_type: z.string().optional(),
  max_position_embeddings: number,
  n_positions: number,
  vocab_size: number,
  winnow: z.looseObject({ kind: z.unknown() }).optional(),
});
const generationConfig = z.looseObject({
  do_sample: z.boolean().optional(),
  temperature: z.number().min(0).max(2).optional().catch(undefined),
  top_p: z.number().gt(0).max(1).optional().catch(undefined),
  top_k: z.int().min(0).optional().catch(undefined),
});
const tokenizerConfig = z.looseObject({ chat_template: z.unknown() });

const GENAI = 'genai_config.json';

/** Whether a folder has the marks of a model: what `describeFolder` can say something about. */
export const isModelFolder = (folder: string): boolean =>
  existsSync(join(folder, GENAI)) || (existsSync(join(folder, 'config.json')) && graphs(folder).length > 0);

export function describeFolder(folder: string): ModelFolder {
  const problems: string[] = [];
  const read = <Schema extends z.ZodType>(name: string, schema: Schema): z.infer<Schema> | undefined => {
    if (!existsSync(join(folder, name))) return undefined;
    try {
      return schema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    } catch {
      problems.push(`${name} cannot be read.`);
      return undefined;
    }
  };
  const nothing = { kind: null, layout: null, architecture: null, context: null, vocabulary: null };
  const empty = { ...nothing, chatTemplate: false, sampling: {}, bytes: 0 };
  if (!existsSync(folder)) return { ...empty, problems: ['There is no such folder.'] };
  if (!statSync(folder).isDirectory())
    return { ...empty, problems: ['It is a file; the folder that holds the model is needed.'] };

  const genai = read(GENAI, genaiConfig);
  const config = read('config.json', modelConfig);
  const layout = existsSync(join(folder, GENAI)) ? 'onnxruntime-genai' : config ? 'optimum' : null;
  const graph = genai?.model?.decoder?.filename;
  if (graph !== undefined && !existsSync(join(folder, graph))) problems.push(`${graph} is missing.`);
  if (graphs(folder).length === 0) problems.push('There is no .onnx file.');
  if (layout === null) problems.push(`There is neither ${GENAI} nor config.json.`);
  const kind = layout === 'onnxruntime-genai' ? 'policy' : config ? kindIn(config, folder, problems) : null;
  if (kind !== 'tensors' && !existsSync(join(folder, 'tokenizer.json'))) problems.push('tokenizer.json is missing.');
  const template =
    existsSync(join(folder, 'chat_template.jinja')) || read('tokenizer_config.json', tokenizerConfig)?.chat_template;
  const { do_sample: samples, temperature, top_p, top_k } = read('generation_config.json', generationConfig) ?? {};
  return {
    kind,
    layout,
    architecture: config?.architectures?.[0] ?? genai?.model?.type ?? config?.model_type ?? null,
    context: genai?.model?.context_length ?? config?.max_position_embeddings ?? config?.n_positions ?? null,
    vocabulary: genai?.model?.vocab_size ?? config?.vocab_size ?? null,
    chatTemplate: Boolean(template),
    // what is given counts where the model's authors sample at all; greedy decoding says nothing about it
    sampling: samples ? { ...(temperature && { temperature }), ...(top_p && { top_p }), ...(top_k && { top_k }) } : {},
    bytes: sizeOf(folder),
    problems,
  };
}

/** As the backend would take it; a `winnow.kind` that it does not know is a problem, and the head then decides. */
function kindIn({ architectures, winnow }: z.infer<typeof modelConfig>, folder: string, problems: string[]): ModelKind | null {
  const given = winnow?.kind;
  const kind = modelKinds.find((known) => known === given);
  if (given !== undefined && kind === undefined)
    problems.push(`config.json: winnow.kind is ${JSON.stringify(given)}; it is one of ${modelKinds.join(', ')}.`);
  const isEmbedder = EMBEDDER_FILES.some((file) => existsSync(join(folder, file)));
  return kindSaid({ architectures, winnow: { kind } }, isEmbedder);
}

/** Graphs where loaders look for them. */
const graphs = (folder: string): string[] =>
  [folder, join(folder, 'onnx')].flatMap((place) => entries(place).flatMap(({ name }) => (name.endsWith('.onnx') ? [name] : [])));

/** Bytes of every file below; links are not followed. */
function sizeOf(folder: string): number {
  return entries(folder).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + sizeOf(path);
    return entry.isFile() ? sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : sum;
  }, 0);
}

export function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // not there, or not ours to read
  }
}
