import { Template } from '@huggingface/jinja';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Message } from '../../schemas/message.ts';

/** A model's chat template: messages to the text that its training used. */
export class ChatTemplate {
  readonly #template: Template;

  /** @throws Error where the template is not Jinja that can be read */
  constructor(source: string) {
    this.#template = new Template(source);
  }

  /** @throws `invalid_value` with the template's own words where it refuses the messages (a system role, for some) */
  render(messages: readonly Message[]): string {
    try {
      return this.#template.render({ messages, add_generation_prompt: true });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WinnowError('invalid_value', `This model's chat template refuses the messages: ${quoted(reason)}`, {
        param: 'prompt.messages',
        cause,
      });
    }
  }
}
