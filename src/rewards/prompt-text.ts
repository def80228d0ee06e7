import type { Prompt } from '../../schemas/backend.ts';

/** The words of a prompt, for a model that knows no turns: raw text as it is, of messages all that was said. */
export const promptText = (prompt: Prompt): string =>
  'text' in prompt ? prompt.text : prompt.messages.map(({ content }) => content).join('\n');
