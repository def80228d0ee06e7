/** A reward model's folder as the bundle of the Worker takes it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { contextOf, EMBEDDER_FILES, type HeadConfig, headConfig, kindOf } from '../gpu-backend/models/head-config.ts';
import { readingOf, readoutOf } from '../gpu-backend/models/load-head.ts';
import type { BundledModel } from '../src/backends/edge-onnx/models.ts';
import { ChatTemplate, specialTokens } from '../src/tokens/chat-template.ts';
import { Tokenizer, tokenizerJson } from '../src/tokens/tokenizer.ts';
import { type EdgeGraph, edgeGraph } from './edge-graph.ts';
import { CannotStart } from './settings.ts';

const tokenizerConfig = z.looseObject({ chat_template: z.string().nullish(), model_max_length: z.number().nullish() });

/** All but the weights, which the bundle imports from their file. */
export interface ModelFolder {
  readonly weights: string;
  readonly model: Omit<BundledModel, 'weights'>;
}

/**
 * Reads and checks a folder. How its texts are read and what its logits mean is decided as in the backend, by the same code.
 *
 * @param name  its name in winnow.config.json
 * @param kind  what the reward that names it needs
 * @throws CannotStart that says which file failed which expectation
 */
export function readModelFolder(name: string, folder: string, kind: BundledModel['kind']): ModelFolder {
  const path = (file: string) => join(folder, file);
  const config = existsSync(folder) ? json(path('config.json'), headConfig) : undefined;
  const weights = path(config?.winnow.file ?? ['onnx/model.onnx'].find((file) => existsSync(path(file))) ?? 'model.onnx');
  if (!config || !existsSync(weights)) throw new CannotStart(`models.${name}.path: there is no file ${weights}.`);
  if (existsSync(`${weights}.data`) || existsSync(`${weights}_data`))
    throw new CannotStart(`${weights}: weights beside the graph cannot be bundled. Export the model to one file.`);
  const found = said(() =>
    kindOf(config, { file: path('config.json'), isEmbedder: EMBEDDER_FILES.some((file) => existsSync(path(file))) }),
  );
  if (found !== kind)
    throw new CannotStart(
      `models.${name}.path: ${folder} holds a model of kind ${found}, and a reward that names it reads one of kind ${kind}.`,
    );
  const files = readTokenizing(folder);
  const tokenizing = checkedTokenizing(files, folder);
  const graph = edgeGraph(weights, kind, config.pad_token_id ?? 0);
  const labels = { file: path('config.json'), perToken: kind === 'process' };
  const hash = createHash('sha256').update(readFileSync(weights)).update(JSON.stringify(files));
  return {
    weights: graph.file,
    model: {
      ...files,
      name,
      kind,
      context: said(() => contextOf(config, files.tokenizerConfig.model_max_length ?? undefined, path('config.json'))),
      padding: paddingOf(config, graph),
      reading: said(() => readingOf(config, tokenizing, kind)),
      readout: said(() => readoutOf(config, graph.labels, labels)),
      fingerprint: hash.digest('hex').slice(0, 12),
    },
  };
}

/** Without an id for padding rows are not padded, as in the backend. */
const paddingOf = ({ pad_token_id: id }: HeadConfig, { padding }: EdgeGraph): BundledModel['padding'] => ({
  id: id ?? 0,
  side: typeof id === 'number' ? padding : 'equal',
});

type Tokenizing = Pick<BundledModel, 'tokenizer' | 'template' | 'special'> & { tokenizerConfig: z.infer<typeof tokenizerConfig> };

function readTokenizing(folder: string): Tokenizing {
  const path = (file: string) => join(folder, file);
  const optional = <Schema extends z.ZodType>(file: string, schema: Schema) =>
    existsSync(path(file)) ? json(path(file), schema) : undefined;
  const config = optional('tokenizer_config.json', tokenizerConfig) ?? {};
  const special = { ...specialTokens(optional('special_tokens_map.json', z.looseObject({})) ?? {}), ...specialTokens(config) };
  const ownTemplate = existsSync(path('chat_template.jinja')) ? readFileSync(path('chat_template.jinja'), 'utf8') : undefined;
  return {
    tokenizer: json(path('tokenizer.json'), tokenizerJson),
    tokenizerConfig: config,
    template: ownTemplate ?? config.chat_template ?? null,
    special,
  };
}

/** The Worker makes these at its first request; what is wrong with them is said before it is built. */
function checkedTokenizing({ tokenizer, tokenizerConfig, template, special }: Tokenizing, folder: string) {
  const made = <T>(what: string, make: () => T): T => {
    try {
      return make();
    } catch (cause) {
      throw new CannotStart(`${folder}: ${what} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
    }
  };
  return {
    tokenizer: made('tokenizer.json', () => new Tokenizer(tokenizer, tokenizerConfig)),
    template: made('the chat template', () => (template === null ? null : new ChatTemplate(template, special))),
  };
}

/** What the backend would say of a folder, as a reason not to start. */
function said<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CannotStart((cause as Error).message); // it throws nothing else
  }
}

function json<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CannotStart(`${file} cannot be read as JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CannotStart(`${file}: ${issue!.path.join('.') || 'the whole'}: ${issue!.message}`);
}
