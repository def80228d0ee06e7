import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BackendChatRequest, CompletionPrompt } from '../../schemas/completions.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Message } from '../../schemas/message.ts';
import { encodeWithin, promptTooLong } from '../../src/tokens/prompt.ts';
import type { Engine } from '../engine/engine.ts';

// Prompts are tokenised in a turn of the event loop until so many characters, then the others have one.
const CHARACTERS_A_TURN = 16_384;

/** Ids of a conversation, by the model's template. @throws WinnowError that names the member at fault */
export function encodeChat(engine: Engine, body: BackendChatRequest): readonly number[] {
  const { tokenizer, template } = engine.model;
  const continueFinal = body.continue_final_message === true;
  if (continueFinal && body.add_generation_prompt) {
    const message = 'continue_final_message goes on with the last turn, add_generation_prompt begins a new one. Leave one out.';
    throw new WinnowError('invalid_value', message, { param: 'add_generation_prompt' });
  }
  const messages = body.messages.map(plain);
  // special tokens are the template's to write: a message that holds one could pass for another turn
  for (const [place, { content }] of messages.entries()) tokenizer.refuseSpecial(content, `messages[${place}].content`);
  if (!template) {
    throw new WinnowError('capability_missing', 'This model has no chat template; send the prompt to /v1/completions.', {
      param: 'messages',
    });
  }
  const generationPrompt = !continueFinal && body.add_generation_prompt !== false;
  const text = ofMember('messages', () => template.render(messages, { generationPrompt, continueFinal }));
  return encode(engine, text, { special: false, param: 'messages' });
}

/** Ids of every prompt of a completion. @throws WinnowError that names the one at fault */
export async function encodeAll(engine: Engine, given: CompletionPrompt): Promise<(readonly number[])[]> {
  const prompts: (readonly number[])[] = [];
  let characters = 0;
  for (const [index, prompt] of listOf(given).entries()) {
    const param = isList(given) ? `prompt[${index}]` : 'prompt';
    prompts.push(
      typeof prompt === 'string' ? encode(engine, prompt, { special: true, param }) : checkedIds(engine, prompt, param),
    );
    characters += prompt.length;
    if (characters < CHARACTERS_A_TURN) continue;
    characters = 0;
    await nextTurn();
  }
  return prompts;
}

/** What the prompts of a completion read as. */
export const textsOf = ({ model }: Engine, given: CompletionPrompt): string[] =>
  listOf(given).map((prompt) => (typeof prompt === 'string' ? prompt : model.tokenizer.decode([...prompt])));

const encode = ({ model, context }: Engine, text: string, wanted: { special: boolean; param: string }): number[] =>
  encodeWithin({ tokenizer: model.tokenizer, context }, text, wanted);

function checkedIds({ model, context }: Engine, ids: readonly number[], param: string): readonly number[] {
  if (ids.length >= context) throw promptTooLong(String(ids.length), context, param);
  const wrong = ids.find((id) => id >= model.vocabulary);
  if (wrong === undefined) return ids;
  throw new WinnowError('invalid_value', `The id ${wrong} was given; ids of this model are below ${model.vocabulary}.`, {
    param,
  });
}

/** What a template refuses is said of the member of this route. */
function ofMember<Result>(param: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof WinnowError ? new WinnowError(cause.code, cause.message, { param, cause }) : cause;
  }
}

const isList = (given: CompletionPrompt): boolean => typeof given !== 'string' && typeof given[0] !== 'number';

const listOf = (given: CompletionPrompt): readonly (string | readonly number[])[] =>
  isList(given) ? (given as readonly (string | readonly number[])[]) : [given as string | readonly number[]];

const plain = ({ role, content }: BackendChatRequest['messages'][number]): Message => ({
  role,
  content: typeof content === 'string' ? content : content.map((part) => ('text' in part ? String(part.text) : '')).join(''),
});
