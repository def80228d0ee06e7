import type { Prompt, ScoreRequest, Truncate } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { tokensUpTo } from '../answers/step-count.ts';
import { Detokenizer } from './detokenizer.ts';
import { encodePrompt } from './prompt.ts';
import type { RewardInput, RewardReading, TextReader } from './reward-row.ts';
import { type Cut, cut, tooLong } from './truncation.ts';

/** From a text, and for a process model its steps, to what is read of it. Throws a WinnowError where it cannot be scored. */
export type RewardReader = (text: string, steps?: readonly string[]) => Cut;

const AS_IT_IS: RewardReading = { input: 'continuation', append: [], separator: [] };
const DISTANT = Number.MAX_SAFE_INTEGER;

/**
 * How a reward model reads texts after a prompt.
 *
 * @throws WinnowError where it cannot read the prompt
 */
export function rewardReader(model: TextReader, prompt: Prompt, truncate: Truncate = 'refuse'): RewardReader {
  const reading = model.reading ?? AS_IT_IS;
  if (reading.input === 'pair') return pairReader(model, prompt, truncate);
  if (reading.input === 'conversation' && 'messages' in prompt && model.template)
    return conversationReader(model, prompt.messages, truncate);
  const room = truncate === 'refuse' ? model.context : DISTANT;
  const before = encodePrompt({ tokenizer: model.tokenizer, template: model.template, context: room }, prompt);
  return (text, steps) => {
    refuseLong(model, before.length, text, truncate);
    model.tokenizer.refuseSpecial(text, 'text');
    const { ids, stepEnds } = joined(model, reading, before, { text, steps });
    return cut({ ids, stepEnds }, { context: model.context, first: before.length, last: reading.append.length, truncate });
  };
}

/**
 * Steps are another spelling of the text; where they are not, the scores would be of something else.
 *
 * @throws `invalid_value` that names the candidate
 */
export function checkSteps({ candidates }: Pick<ScoreRequest, 'candidates'>): void {
  for (const [index, { text, steps }] of candidates.entries()) {
    if (steps && steps.join('') !== text) {
      throw new WinnowError('invalid_value', 'The steps, joined, are not the text.', { param: `candidates[${index}].steps` });
    }
  }
}

/** The text as the assistant's turn, by the template; the end of the turn is part of it. */
function conversationReader(
  model: TextReader,
  messages: Extract<Prompt, { messages: unknown }>['messages'],
  truncate: Truncate,
): RewardReader {
  const { tokenizer, template } = model;
  const { append } = model.reading ?? AS_IT_IS;
  for (const [place, { content }] of messages.entries()) tokenizer.refuseSpecial(content, `prompt.messages[${place}].content`);
  return (text) => {
    refuseLong(model, 0, text, truncate);
    tokenizer.refuseSpecial(text, 'text');
    const rendered = template!.render([...messages, { role: 'assistant', content: text }], { generationPrompt: false });
    const ids = [...tokenizer.encode(rendered, { param: 'text' }), ...append];
    return cut({ ids, stepEnds: [] }, { context: model.context, first: 0, last: append.length, truncate });
  };
}

/** Prompt and text as two texts: of messages, all that was said. */
function pairReader(model: TextReader, prompt: Prompt, truncate: Truncate): RewardReader {
  const { tokenizer } = model;
  const first = 'text' in prompt ? prompt.text : prompt.messages.map(({ content }) => content).join('\n');
  tokenizer.refuseSpecial(first, 'text' in prompt ? 'prompt.text' : 'prompt.messages');
  return (text) => {
    refuseLong(model, 0, text, truncate);
    tokenizer.refuseSpecial(text, 'text');
    const { ids, types } = tokenizer.encodePair(first, text);
    const last = tokenizer.specialEnd(ids);
    const own = text === '' ? 0 : tokenizer.encodeWhole(text).length - tokenizer.encodeWhole('').length;
    return cut({ ids, types, stepEnds: [] }, { context: model.context, first: ids.length - last - own, last, truncate });
  };
}

/** A text of a megabyte is refused without being encoded. */
function refuseLong(model: TextReader, before: number, text: string, truncate: Truncate): void {
  const least = before + model.tokenizer.atLeast(text);
  if (truncate === 'refuse' && least > model.context) throw tooLong(`at least ${least}`, model.context, 'Send a shorter one.');
}

/** The text behind the prompt, in one piece where that can be cut into its steps, else step by step. */
function joined(
  model: TextReader,
  { append, separator }: RewardReading,
  before: readonly number[],
  { text, steps }: { text: string; steps: readonly string[] | undefined },
): RewardInput {
  const whole = () => [...before, ...model.tokenizer.encode(text, { param: 'text' })];
  if (model.kind === 'outcome') return { ids: [...whole(), ...append], stepEnds: [] };
  const pieces = steps ?? [text];
  if (pieces.length === 0 || pieces.includes('')) {
    throw new WinnowError('invalid_value', 'The text has no step, or an empty one: there is no token to read its score at.', {
      param: 'steps',
    });
  }
  const input =
    separator.length > 0
      ? stepByStep(model, before, pieces, separator)
      : (withStepEnds(model, before, whole(), pieces) ?? stepByStep(model, before, pieces, separator));
  return { ...input, ids: [...input.ids, ...append] };
}

/** Each step ends at the token that holds its last character; null where the ids do not read as the text. */
function withStepEnds(
  { tokenizer }: TextReader,
  prompt: readonly number[],
  ids: readonly number[],
  steps: readonly string[],
): RewardInput | null {
  const detokenizer = new Detokenizer(tokenizer, prompt);
  let read = '';
  const ends = ids.slice(prompt.length).map((token) => {
    read += detokenizer.push(token);
    return read.length;
  });
  if (read !== steps.join('')) return null;
  let length = 0;
  const stepEnds = steps.map((step) => {
    length += step.length;
    return prompt.length + tokensUpTo(length, ends) - 1;
  });
  return { ids, stepEnds };
}

/** For separators, and for a tokenizer that changes the text it reads (spaces, accents): each step by itself. */
function stepByStep(
  model: TextReader,
  prompt: readonly number[],
  steps: readonly string[],
  separator: readonly number[],
): RewardInput {
  const ids = [...prompt];
  const stepEnds = steps.map((step) => ids.push(...model.tokenizer.encode(step, { param: 'text' }), ...separator) - 1);
  return { ids, stepEnds };
}
