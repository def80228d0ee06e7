/** A reward model's folder as the bundle of the Worker takes it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { classifierConfig, kindOf } from '../gpu-backend/models/classifier-config.ts';
import type { BundledModel } from '../src/backends/edge-onnx/models.ts';
import { ChatTemplate } from '../src/tokens/chat-template.ts';
import { Tokenizer, tokenizerJson } from '../src/tokens/tokenizer.ts';
import { CannotStart } from './settings.ts';

const tokenizerConfig = z.looseObject({ chat_template: z.string().optional() });

/** All but the weights, which the bundle imports from their file. */
export interface ModelFolder {
  readonly weights: string;
  readonly model: Omit<BundledModel, 'weights'>;
}

/**
 * Reads and checks a folder.
 *
 * @param name  its name in winnow.config.json
 * @throws CannotStart that says which file failed which expectation
 */
export function readModelFolder(name: string, folder: string): ModelFolder {
  const path = (file: string) => join(folder, file);
  const weights = path('model.onnx');
  if (!existsSync(weights)) throw new CannotStart(`models.${name}.path: there is no file ${weights}.`);
  if (existsSync(`${weights}.data`))
    throw new CannotStart(`${weights}.data: weights beside the graph cannot be bundled. Export the model to one file.`);
  const config = json(path('config.json'), classifierConfig);
  if (kind(config, path('config.json')) !== 'outcome')
    throw new CannotStart(`models.${name}.path: ${folder} holds a process reward model; edge_onnx serves outcome reward models.`);
  const tokenizing = existsSync(path('tokenizer_config.json')) ? json(path('tokenizer_config.json'), tokenizerConfig) : {};
  const ownTemplate = existsSync(path('chat_template.jinja')) ? readFileSync(path('chat_template.jinja'), 'utf8') : undefined;
  const reading = {
    tokenizer: json(path('tokenizer.json'), tokenizerJson),
    tokenizerConfig: tokenizing,
    template: ownTemplate ?? tokenizing.chat_template ?? null,
  };
  checkReading(reading, folder);
  const hash = createHash('sha256').update(readFileSync(weights)).update(JSON.stringify(reading));
  return {
    weights,
    model: {
      ...reading,
      name,
      context: config.max_position_embeddings,
      padding: config.pad_token_id ?? 0,
      fingerprint: hash.digest('hex').slice(0, 12),
    },
  };
}

/** The Worker makes these at its first request; what is wrong with them is said before it is built. */
function checkReading(
  { tokenizer, tokenizerConfig, template }: Pick<BundledModel, 'tokenizer' | 'tokenizerConfig' | 'template'>,
  folder: string,
) {
  const made = {
    'tokenizer.json': () => new Tokenizer(tokenizer, tokenizerConfig),
    'the chat template': () => template !== null && new ChatTemplate(template),
  };
  for (const [what, make] of Object.entries(made)) {
    try {
      make();
    } catch (cause) {
      throw new CannotStart(`${folder}: ${what} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
}

function kind(...asked: Parameters<typeof kindOf>): ReturnType<typeof kindOf> {
  try {
    return kindOf(...asked);
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
