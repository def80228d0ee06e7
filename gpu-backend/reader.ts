import { WinnowError } from '../schemas/errors.ts';
import type { PromptReader } from '../src/tokens/prompt.ts';
import type { Engine } from './engine/engine.ts';

/** A policy's tokenizer and template, with the room that its engine has. */
export interface Reader extends PromptReader {
  /** Ids are below this. */
  readonly vocabulary: number;
}

export const readerOf = ({ model, context }: Engine): Reader => ({
  tokenizer: model.tokenizer,
  template: model.template,
  vocabulary: model.vocabulary,
  context,
});

/**
 * Ids of what follows a prompt; it may fill the context, but not be longer than it.
 *
 * @param param  name of the field that holds it
 * @throws `context_length_exceeded`, `invalid_value` for ids that the model does not have
 */
export function continuationTokens(
  reader: Reader,
  prompt: readonly number[],
  { text, tokens }: { readonly text: string; readonly tokens?: number[] | undefined },
  param: string,
): number[] {
  const room = reader.context - prompt.length;
  const tooLong = () =>
    new WinnowError(
      'context_length_exceeded',
      `Prompt and text have more than the ${reader.context} tokens that this model holds.`,
      { param },
    );
  if (!tokens && reader.tokenizer.atLeast(text) > room) throw tooLong();
  const ids = tokens ?? reader.tokenizer.encode(text, { param: `${param}.text` });
  if (ids.length > room) throw tooLong();
  if (ids.some((token) => token >= reader.vocabulary)) {
    throw new WinnowError('invalid_value', `Ids of this model are below ${reader.vocabulary}.`, { param: `${param}.tokens` });
  }
  return ids;
}
