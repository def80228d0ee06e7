import type { Truncate } from '../../schemas/backend.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { RewardInput } from './reward-row.ts';

/** What is read of a text, and how many of its tokens were left out: 0 for most. */
export type Cut = RewardInput & { readonly truncated: number };

export interface Limits {
  /** Tokens that the model reads. */
  readonly context: number;
  /** Tokens before the text. */
  readonly first: number;
  /** Tokens behind it, which stay: an end token, a separator. */
  readonly last: number;
  readonly truncate: Truncate;
}

/**
 * All of a text, or all but what is too much. `end` leaves out the text's last tokens, `start` the first tokens of prompt
 * and text together. A step whose score is wanted is never left out.
 *
 * @throws `context_length_exceeded` where it is too long and may not, or cannot, be cut
 */
export function cut({ ids, types, stepEnds }: RewardInput, { context, first, last, truncate }: Limits): Cut {
  const over = ids.length - context;
  const all = { ids, stepEnds, ...(types ? { types } : {}) };
  if (over <= 0) return { ...all, truncated: 0 };
  if (truncate === 'refuse') throw tooLong(String(ids.length), context, 'Send a shorter one, or set truncate.');
  const start = truncate === 'start' ? (types ? 1 : 0) : ids.length - last - over; // a pair begins with a token that stays
  const left = truncate === 'start' ? ids.length - last - start - over : start - first;
  if (left < 1) throw tooLong(String(ids.length), context, 'Nothing of the text would be left.');
  if (stepEnds.some((end) => truncate === 'end' || end < over))
    throw tooLong(String(ids.length), context, 'A step would be left out.');
  const without = <T>(values: readonly T[]): T[] => [...values.slice(0, start), ...values.slice(start + over)];
  return {
    ids: without(ids),
    ...(types ? { types: without(types) } : {}),
    stepEnds: stepEnds.map((end) => end - over),
    truncated: over,
  };
}

export const tooLong = (length: string, context: number, advice: string): WinnowError =>
  new WinnowError('context_length_exceeded', `Prompt and text have ${length} tokens; this model reads ${context}. ${advice}`, {
    param: 'text',
  });
