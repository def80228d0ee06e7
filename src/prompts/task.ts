import type { Prompt } from '../../schemas/backend.ts';

/** The prompt as one text that another model reads: several messages are told apart by their roles. */
export function task(prompt: Prompt): string {
  if ('text' in prompt) return prompt.text;
  const [only, ...more] = prompt.messages;
  if (only && more.length === 0) return only.content;
  return prompt.messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
}
