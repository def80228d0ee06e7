import { WinnowError } from '../../schemas/errors.ts';
import type { PromptReader } from './prompt.ts';

/**
 * Ids of a text after its prompt, both joined: what a reward model reads.
 *
 * @throws `context_length_exceeded` where the two do not fit, `prompt_unsupported` for characters outside of the vocabulary
 */
export function encodeText(model: PromptReader, prompt: readonly number[], text: string): number[] {
  const least = prompt.length + model.tokenizer.atLeast(text);
  if (least > model.context) throw tooLong(`at least ${least}`, model.context);
  model.tokenizer.refuseSpecial(text, 'text');
  const ids = [...prompt, ...model.tokenizer.encode(text, { param: 'text' })];
  if (ids.length > model.context) throw tooLong(String(ids.length), model.context);
  return ids;
}

const tooLong = (length: string, context: number): WinnowError =>
  new WinnowError('context_length_exceeded', `Prompt and text have ${length} tokens; this reward model reads ${context}.`, {
    param: 'text',
  });
