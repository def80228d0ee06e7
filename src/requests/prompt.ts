import type { z } from 'zod';
import type { Prompt } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { message } from '../../schemas/message.ts';
import { plain } from '../../schemas/message.ts';

/** Exactly one of `messages` and `prompt`, as what a policy is asked. */
export function readPrompt(body: { messages?: z.infer<typeof message>[] | undefined; prompt?: string | undefined }): Prompt {
  const { messages, prompt } = body;
  if (messages && prompt === undefined) return { messages: messages.map(plain) };
  if (prompt !== undefined && !messages) return { text: prompt };
  if (messages)
    throw new WinnowError('invalid_value', 'Both messages and prompt were given. Give one of the two.', { param: 'prompt' });
  throw new WinnowError('missing_required_parameter', 'Neither messages nor prompt was given. Give one of the two.', {
    param: 'messages',
  });
}

/** `reference` of a body as a list; empty where there is none. */
export const readReferences = (given: string | readonly string[] | undefined): readonly string[] =>
  given === undefined ? [] : typeof given === 'string' ? [given] : given;
