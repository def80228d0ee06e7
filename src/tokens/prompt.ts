import type { Prompt } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { ChatTemplate } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What reads a prompt: every model's tokenizer, template and room. */
export interface PromptReader {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  /** Tokens of prompt and text together. */
  readonly context: number;
}

/**
 * Ids of a prompt, by this model's template and tokenizer.
 *
 * @throws `context_length_exceeded` where no room for an answer is left, `capability_missing` without a template,
 *         `prompt_unsupported` for characters outside of the vocabulary
 */
export function encodePrompt(model: PromptReader, prompt: Prompt): number[] {
  const raw = 'text' in prompt;
  const text = raw ? prompt.text : render(model, prompt);
  const param = raw ? 'prompt.text' : 'prompt.messages';
  return encodeWithin(model, text, { special: raw, param });
}

/**
 * Ids of a text that is a whole prompt, with room for an answer behind it.
 *
 * @param special  adds what the tokenizer puts around a whole input: for a prompt that no template wrote
 * @throws `context_length_exceeded`, `prompt_unsupported`, or `invalid_value` where it has no tokens
 */
export function encodeWithin(
  { tokenizer, context }: Pick<PromptReader, 'tokenizer' | 'context'>,
  text: string,
  { special, param }: { readonly special: boolean; readonly param: string },
): number[] {
  const least = tokenizer.atLeast(text);
  if (least >= context) throw promptTooLong(`at least ${least}`, context, param);
  const ids = tokenizer.encode(text, { special, param });
  if (ids.length >= context) throw promptTooLong(String(ids.length), context, param);
  if (ids.length === 0) throw new WinnowError('invalid_value', 'The prompt has no tokens; give it some text.', { param });
  return ids;
}

/** Special tokens are the template's to write: a message that holds one could pass for another turn. */
function render(model: PromptReader, prompt: Extract<Prompt, { messages: unknown }>): string {
  for (const [place, { content }] of prompt.messages.entries()) {
    model.tokenizer.refuseSpecial(content, `prompt.messages[${place}].content`);
  }
  if (model.template) return model.template.render(prompt.messages);
  throw new WinnowError('capability_missing', 'This model has no chat template; send the prompt as text.', {
    param: 'prompt.messages',
  });
}

export const promptTooLong = (length: string, context: number, param: string): WinnowError =>
  new WinnowError(
    'context_length_exceeded',
    `The prompt has ${length} tokens; this model holds ${context}, prompt and answer together. Send a shorter prompt.`,
    { param },
  );
