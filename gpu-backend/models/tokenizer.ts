import { z } from 'zod';
import { ChatTemplate, specialTokens } from '../../src/tokens/chat-template.ts';
import { Tokenizer, tokenizerJson } from '../../src/tokens/tokenizer.ts';
import type { ModelFiles } from './files.ts';

const namedTemplate = z.looseObject({ name: z.string(), template: z.string() });
const tokenizerConfig = z.looseObject({
  chat_template: z.union([z.string(), z.array(namedTemplate)]).nullish(),
  model_max_length: z.number().nullish(),
  padding_side: z.enum(['left', 'right']).nullish().catch(null),
});

export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'chat_template.json',
];

export interface LoadedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  /** Texts of the special tokens, by their names: `bos_token` and so on. */
  readonly special: Readonly<Record<string, string>>;
  /** The tokenizer's own limit; 1e30 for none. */
  readonly limit: number | undefined;
  readonly paddingSide: 'left' | 'right' | undefined;
}

/** The tokenizer of a folder, and its chat template where the folder has one. */
export async function loadTokenizer(files: ModelFiles): Promise<LoadedTokenizer> {
  const definition = await files.json('tokenizer.json', tokenizerJson);
  const config = (await files.has('tokenizer_config.json')) ? await files.json('tokenizer_config.json', tokenizerConfig) : {};
  const map = (await files.has('special_tokens_map.json')) ? await files.json('special_tokens_map.json', z.looseObject({})) : {};
  const special = { ...specialTokens(map), ...specialTokens(config) };
  const source = (await ownTemplate(files)) ?? templateOf(config);
  return {
    tokenizer: readTokenizer(definition, config, files.folder),
    template: source === undefined ? null : readTemplate(source, special, files.folder),
    special,
    limit: config.model_max_length ?? undefined,
    paddingSide: config.padding_side ?? undefined,
  };
}

async function ownTemplate(files: ModelFiles): Promise<string | undefined> {
  if (await files.has('chat_template.jinja')) return files.text('chat_template.jinja');
  if (!(await files.has('chat_template.json'))) return undefined;
  return (await files.json('chat_template.json', z.looseObject({ chat_template: z.string() }))).chat_template;
}

/** Of several templates the one for plain chats. */
function templateOf({ chat_template: template }: z.infer<typeof tokenizerConfig>): string | undefined {
  if (!Array.isArray(template)) return template ?? undefined;
  return (template.find(({ name }) => name === 'default') ?? template[0])?.template;
}

function readTokenizer(definition: z.infer<typeof tokenizerJson>, config: object, folder: string): Tokenizer {
  try {
    return new Tokenizer(definition, config);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${folder}: tokenizer.json cannot be read: ${reason}`, { cause });
  }
}

function readTemplate(source: string, special: Readonly<Record<string, string>>, folder: string): ChatTemplate {
  try {
    return new ChatTemplate(source, special);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${folder}: the chat template cannot be read: ${reason}`, { cause });
  }
}

// Padded output layers have some ids more than the tokenizer; one that knows less than half of them is another model's.
const LEAST_SHARE = 0.5;

/** @throws Error where the tokenizer cannot be the one that this graph was trained with */
export function checkVocabulary(
  tokenizer: Tokenizer,
  vocabulary: number,
  { folder, graph }: { folder: string; graph: string },
): void {
  if (tokenizer.size > vocabulary)
    throw new Error(
      `${folder}: tokenizer.json has ids up to ${tokenizer.size - 1}, and ${graph} knows ${vocabulary}: it is another model's tokenizer.`,
    );
  if (tokenizer.size < LEAST_SHARE * vocabulary)
    throw new Error(
      `${folder}: tokenizer.json has ${tokenizer.size} tokens, and ${graph} knows ${vocabulary}: it is another model's tokenizer.`,
    );
}
