import { WinnowError } from '../../schemas/errors.ts';
import { encodeText, fitting } from '../../src/tokens/text.ts';
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
  const ids = encodeText(model, prompt, text);
  if (model.kind === 'outcome') return { ids, stepEnds: [] };
  const cut = steps ?? [text];
  if (cut.length === 0 || cut.includes('')) {
    throw new WinnowError('invalid_value', 'The text has no step, or an empty one: there is no token to read its score at.', {
      param: 'steps',
    });
  }
  return withStepEnds(model, prompt, ids, cut) ?? stepByStep(model, prompt, cut);
}

/** Each step ends at the token that holds its last character; null where the ids do not read as the text. */
function withStepEnds(
  { tokenizer }: RewardModel,
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

/** For a tokenizer that changes the text it reads (spaces, accents): each step by itself. */
function stepByStep(model: RewardModel, prompt: readonly number[], steps: readonly string[]): RewardInput {
  const ids = [...prompt];
  const stepEnds = steps.map((step) => ids.push(...model.tokenizer.encode(step, { param: 'text' })) - 1);
  return { ids: fitting(model, ids), stepEnds };
}
