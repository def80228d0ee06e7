import type { TokenLogprob } from '../../../schemas/candidate.ts';

/**
 * Length of a text after each of its first tokens, as far as the texts of the tokens join to it: a server may write a token
 * that is a part of a character, an end token or one of a stop string in a way of its own.
 */
export function textEnds(text: string, logprobs: readonly TokenLogprob[]): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const { token } of logprobs) {
    if (!text.startsWith(token, end)) break;
    end += token.length;
    ends.push(end);
  }
  return ends;
}
