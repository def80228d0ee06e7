import type { Choice } from './answers.ts';

/** How a choice ended, whatever word its server has for it; `open` where it did not. */
export type End = 'stop' | 'length' | 'cancelled' | 'refused' | 'open';

const ends: Readonly<Record<string, End>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop', // TGI
  end_turn: 'stop',
  stop_sequence: 'stop',
  stop_string: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_length: 'length',
  model_length: 'length',
  content_filter: 'refused',
  abort: 'cancelled', // SGLang, vLLM
  cancelled: 'cancelled',
  error: 'cancelled',
};

/** A word that nobody has heard of is an end all the same. Tools that are called are no answer in text. */
export function endOf({ finish, other, text }: Choice): End {
  if (finish === null) return 'open';
  if (other !== undefined && text === '') return 'refused';
  if (finish === 'tool_calls' || finish === 'function_call') return text === '' ? 'refused' : 'stop';
  return Object.hasOwn(ends, finish.toLowerCase()) ? ends[finish.toLowerCase()]! : 'stop';
}

/**
 * Whether log-probabilities show that the model ended its answer: its end token is the last of them, with no text or with one
 * that the answer does not have. llama.cpp leaves out those of a stop string, and with it all where there is no other token.
 */
export function endedByModel({ text, logprobs }: Choice): boolean {
  const last = logprobs?.at(-1);
  if (!last) return false;
  if (last.token === '') return true;
  const all = logprobs!.map(({ token }) => token).join('');
  return all.length > text.length && !text.endsWith(last.token) && /^<[^\s]*>$/.test(last.token);
}

/** Whether log-probabilities go on with a stop string where the text ends. llama-cpp-python leaves out the end token instead. */
export const showsStop = ({ logprobs = [] }: Pick<Choice, 'logprobs'>, stop: string): boolean =>
  logprobs
    .map(({ token }) => token)
    .join('')
    .includes(stop);
