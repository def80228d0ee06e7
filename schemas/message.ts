import { z } from 'zod';

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });

const unsupportedPart = z.looseObject({ type: z.string() }).refine(() => false, {
  params: { code: 'unsupported_value' },
  error: 'Only text parts are served; send the text as a string or as {"type": "text", "text": ...}.',
});

/** What a message says: a string, or text parts that are joined. Parts of another type are refused by name. */
export const content = z.union([z.string(), z.array(z.union([textPart, unsupportedPart]))], {
  error: 'The content of a message is a string or a list of text parts.',
});

export const role = z.enum(['system', 'developer', 'user', 'assistant', 'tool']);

/** A chat message. Members beside role and content are OpenAI's and are not read. */
export const message = z.looseObject({
  role: role.describe('Who speaks.'),
  content: content.describe('The text, as a string or as text parts.'),
});

/** A chat message whose content is one string: what a policy is given. */
export const plainMessage = z.strictObject({ role, content: z.string() });

export type Message = z.infer<typeof plainMessage>;

/** The same message with its text parts joined. */
export function plain({ role, content }: z.infer<typeof message>): Message {
  if (typeof content === 'string') return { role, content };
  return { role, content: content.map((part) => ('text' in part ? String(part.text) : '')).join('') };
}
