import { WinnowError } from '../../schemas/errors.ts';
import type { RewardInput, RewardModel } from '../models/reward-model.ts';
import { Detokenizer } from './detokenizer.ts';
import { tokensUpTo } from './steps.ts';

/**
 * What a reward model reads of a text after a prompt: the ids of both, joined, and where each step ends.
 *
 * @param steps  the text cut into steps, for a process model; absent: the whole text is one
 * @throws WinnowError that says why this text cannot be scored
 */
export function rewardInput(model: RewardModel, prompt: readonly number[], text: string, steps?: readonly string[]): RewardInput {
  const least = prompt.length + model.tokenizer.atLeast(text);
  if (least > model.context) throw tooLong(`at least ${least}`, model.context);
  if (model.kind === 'outcome')
    return fitting(model, { ids: [...prompt, ...model.tokenizer.encode(text, { param: 'text' })], stepEnds: [] });
  const cut = steps ?? [text];
  if (cut.length === 0 || cut.includes('')) {
    throw new WinnowError('invalid_value', 'The text has no step, or an empty one: there is no token to read its score at.', {
      param: 'steps',
    });
  }
  return fitting(model, withStepEnds(model, prompt, text, cut));
}

/** A step ends at the token that holds its last character. */
function withStepEnds(model: RewardModel, prompt: readonly number[], text: string, steps: readonly string[]): RewardInput {
  const { tokenizer } = model;
  const ids = tokenizer.encode(text, { param: 'text' });
  const detokenizer = new Detokenizer(tokenizer, prompt);
  let read = '';
  const ends = ids.map((token) => {
    read += detokenizer.push(token);
    return read.length;
  });
  if (read !== text) return stepByStep(model, prompt, steps);
  let length = 0;
  const stepEnds = steps.map((step) => {
    length += step.length;
    return prompt.length + tokensUpTo(length, ends) - 1;
  });
  return { ids: [...prompt, ...ids], stepEnds };
}

/** For a tokenizer that changes the text it reads (spaces, accents): each step by itself. */
function stepByStep({ tokenizer }: RewardModel, prompt: readonly number[], steps: readonly string[]): RewardInput {
  const ids = [...prompt];
  const stepEnds = steps.map((step) => ids.push(...tokenizer.encode(step, { param: 'text' })) - 1);
  return { ids, stepEnds };
}

function fitting(model: RewardModel, input: RewardInput): RewardInput {
  if (input.ids.length > model.context) throw tooLong(String(input.ids.length), model.context);
  return input;
}

const tooLong = (length: string, context: number): WinnowError =>
  new WinnowError('context_length_exceeded', `Prompt and text have ${length} tokens; this reward model reads ${context}.`, {
    param: 'text',
  });
