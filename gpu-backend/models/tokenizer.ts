import { z } from 'zod';
import { Tokenizer, tokenizerJson } from '../../src/tokens/tokenizer.ts';
import type { ModelFiles } from './files.ts';

const tokenizerConfig = z.looseObject({ chat_template: z.string().optional() });

/** The tokenizer of a folder, and its chat template where the folder has one. */
export async function loadTokenizer(files: ModelFiles): Promise<{ tokenizer: Tokenizer; template: string | undefined }> {
  const definition = await files.json('tokenizer.json', tokenizerJson);
  const config = (await files.has('tokenizer_config.json')) ? await files.json('tokenizer_config.json', tokenizerConfig) : {};
  const template = (await files.has('chat_template.jinja')) ? await files.text('chat_template.jinja') : config.chat_template;
  return { tokenizer: new Tokenizer(definition, config), template };
}
