import { Template } from '@huggingface/jinja';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Message } from '../../schemas/message.ts';

/** How the end of the messages is written. */
export interface RenderOptions {
  /** Begin the turn that the model is to write (`add_generation_prompt`); the template may not know of it. */
  readonly generationPrompt?: boolean;
  /** Leave the last turn, one of the assistant, open, so that the model goes on with it (`continue_final_message`). */
  readonly continueFinal?: boolean;
}

/** A model's chat template: messages to the text that its training used, as Python's transformers renders it. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #variables: Readonly<Record<string, unknown>>;

  /**
   * @param variables  what the template may name besides the messages: `bos_token` and the other special tokens
   * @throws Error where the template is not Jinja that can be read
   */
  constructor(source: string, variables: Readonly<Record<string, unknown>> = {}) {
    this.#template = new Template(source);
    this.#variables = variables;
  }

  /** @throws `invalid_value` with the template's own words where it refuses the messages (a system role, for some) */
  render(messages: readonly Message[], { generationPrompt = true, continueFinal = false }: RenderOptions = {}): string {
    return continueFinal ? this.#continued(messages) : this.#render(messages, generationPrompt);
  }

  /** A mark is put after the last message; what the template writes before it is the answer so far. */
  #continued(messages: readonly Message[]): string {
    const last = messages.at(-1);
    if (last?.role !== 'assistant') throw refused('Only a last message of the assistant can be continued.');
    const mark = unused(messages);
    const marked = [...messages.slice(0, -1), { ...last, content: `${last.content}${mark} ` }];
    const rendered = this.#render(marked, false);
    const at = rendered.lastIndexOf(mark);
    if (at < 0 || !rendered.includes(last.content.trim())) {
      throw refused("This model's chat template changes the last message, so it cannot be continued.");
    }
    // a template that trims a message has trimmed the space behind the mark: what was said is trimmed too
    const trims = !rendered.startsWith(`${mark} `, at);
    return trims ? rendered.slice(0, at).trimEnd() : rendered.slice(0, at);
  }

  #render(messages: readonly Message[], generationPrompt: boolean): string {
    try {
      const absent = { tools: null, documents: null };
      return this.#template.render({ ...absent, ...this.#variables, messages, add_generation_prompt: generationPrompt });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw refused(`This model's chat template refuses the messages: ${quoted(reason)}`, cause);
    }
  }
}

const refused = (message: string, cause?: unknown): WinnowError =>
  new WinnowError('invalid_value', message, { param: 'prompt.messages', cause });

/** A word that none of the messages holds. */
function unused(messages: readonly Message[]): string {
  let mark = 'CONTINUE_FINAL_MESSAGE';
  while (messages.some(({ content }) => content.includes(mark))) mark += '_';
  return mark;
}

/** Special tokens that tokenizer_config.json may name; their texts are variables of every template. */
const SPECIAL = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;

/** The special tokens of a tokenizer_config.json (or special_tokens_map.json) as a template names them. */
export function specialTokens(config: object): Record<string, string> {
  const entries = SPECIAL.flatMap((name): [string, string][] => {
    const token: unknown = Reflect.get(config, name);
    const content = typeof token === 'object' && token !== null ? Reflect.get(token, 'content') : token;
    return typeof content === 'string' ? [[name, content]] : [];
  });
  return Object.fromEntries(entries);
}
