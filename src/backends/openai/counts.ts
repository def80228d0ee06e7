import type { Answers, Choice } from './answers.ts';
import { endOf } from './finish.ts';
import type { Job } from './job.ts';

/** Tokens of one choice; `known` where the server says so, and not only how many it may be. */
export interface Counted {
  readonly tokens: number;
  readonly known: boolean;
}

const BYTES_A_TOKEN = 4; // of English text, by most tokenizers: an estimate where nothing better is known

/**
 * How many tokens each choice has. The server's total is the truth: one choice has all of it. Of several, one that came to
 * its limit has the limit, and the others share what is left as their log-probabilities, their pieces or their lengths say;
 * the shares are whole, at least 1 where there is text, and their sum is the total. Where the server gives no total, or one
 * that cannot be, each is counted by its log-probabilities or its limit, else estimated and said to be unknown.
 */
export function countTokens(choices: readonly Choice[], answers: Answers, job: Job): Counted[] {
  const total = answers.usage.completion;
  const [only] = choices;
  // one may end below its limit, where the context is full; of several that cannot be told from a total that leaves some out
  const least = choices.length === 1 ? Number(only!.text !== '') : choices.reduce((sum, choice) => sum + fewest(choice, job), 0);
  if (total === null || total < least) return choices.map((choice) => alone(choice, job));
  if (choices.length === 1) return [{ tokens: total, known: true }];
  const fixed = choices.map((choice) => (isFull(choice) ? job.maxTokens : undefined));
  const rest = total - fixed.reduce<number>((sum, tokens) => sum + (tokens ?? 0), 0);
  const weights = choices.map((choice, place) => (fixed[place] === undefined ? Math.max(1, estimate(choice, job)) : 0));
  const shared = shares(
    rest,
    weights,
    choices.map((choice) => (isFull(choice) ? 0 : fewest(choice, job))),
  );
  return shared.map((share, place) => ({ tokens: fixed[place] ?? share, known: true }));
}

const isFull = (choice: Choice): boolean => endOf(choice) === 'length';

/** What the choice has at least: all that it may have where that ended it, one where it has text. */
const fewest = (choice: Choice, job: Job): number => (isFull(choice) ? job.maxTokens : choice.text === '' ? 0 : 1);

function alone(choice: Choice, job: Job): Counted {
  if (isFull(choice)) return { tokens: job.maxTokens, known: true };
  return { tokens: estimate(choice, job), known: choice.finish !== null && choice.logprobs !== undefined };
}

/** By log-probabilities, else by pieces of a stream (most servers send a token each), else by length. */
function estimate({ text, logprobs, pieces }: Choice, job: Job): number {
  const byLength = Math.ceil(new TextEncoder().encode(text).length / BYTES_A_TOKEN);
  return Math.min(job.maxTokens, logprobs?.length ?? (pieces.length > 1 ? pieces.length : byLength));
}

/** Whole shares of `total` by weight, none below its `least`; largest remainders first, ties by place. */
function shares(total: number, weights: readonly number[], least: readonly number[]): number[] {
  const free = total - least.reduce((sum, one) => sum + one, 0);
  const sum = weights.reduce((all, one) => all + one, 0);
  const exact = weights.map((weight) => (sum === 0 ? 0 : (free * weight) / sum));
  const whole = exact.map((share, place) => Math.floor(share) + least[place]!);
  const order = exact
    .map((share, place) => ({ place, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.place - b.place);
  let left = total - whole.reduce((all, one) => all + one, 0);
  for (const { place } of order) {
    if (left <= 0) break;
    if (weights[place] === 0) continue;
    whole[place]! += 1;
    left -= 1;
  }
  return whole;
}

/** Length of the text after each of its tokens: exact by log-probabilities or by pieces where they are as many, else evenly spread. */
export function tokenEnds({ text, logprobs, pieces }: Choice, tokens: number): number[] {
  if (logprobs && logprobs.length > 0) {
    let length = 0;
    return logprobs.map(({ token }) => {
      length = Math.min(text.length, length + token.length);
      return length;
    });
  }
  if (pieces.length === tokens || pieces.length === tokens - 1)
    return [...pieces, ...(pieces.length < tokens ? [text.length] : [])];
  return Array.from({ length: tokens }, (_, place) => Math.ceil((text.length * (place + 1)) / tokens));
}
