/** Candidates cut at a token, as prefixes. */
import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Prefix } from '../operation.ts';
import { lastOpen } from './keep-best.ts';

/** The first `count` tokens of a candidate as a prefix: `P@countt`. Undefined where its text up to there is not known. */
export function firstTokens(candidate: Prefix, count: number): Prefix | undefined {
  const end = count === 0 ? 0 : candidate.textEnds?.[count - 1];
  if (end === undefined) return undefined;
  const steps = stepsUpTo(candidate.steps, end);
  return {
    id: `${candidate.id}@${count}t`,
    text: candidate.text.slice(0, end),
    steps,
    tokenCount: count,
    tokens: candidate.tokens?.slice(0, count),
    stepEnds: candidate.stepEnds?.slice(0, steps.length).map((tokens) => Math.min(tokens, count)),
    stepOpen: lastOpen(steps, candidate),
    textEnds: candidate.textEnds?.slice(0, count),
    logprobs: candidate.logprobs?.slice(0, count),
  };
}

function stepsUpTo(steps: readonly string[], length: number): string[] {
  const taken: string[] = [];
  let left = length;
  for (const step of steps) {
    if (left <= 0) break;
    taken.push(step.slice(0, left));
    left -= step.length;
  }
  return taken;
}

/**
 * A prefix with one more token that nobody drew, as its child of that number.
 *
 * @param id  of the token; where it is not known the prefix is known by its text alone, and a backend reads that as the
 *            tokens that it itself makes of it
 */
export function withToken(prefix: Prefix, child: number, token: TokenLogprob, id: number | undefined): Prefix {
  const text = prefix.text + token.token;
  return {
    id: `${prefix.id}.${child}`,
    text,
    steps: [...prefix.steps, token.token], // whether it begins a step only the policy's rule knows: nothing scores a prefix
    tokenCount: prefix.tokenCount + 1,
    stepOpen: prefix.stepOpen, // of what is before it
    tokens: prefix.tokens && id !== undefined ? [...prefix.tokens, id] : undefined,
    textEnds: prefix.textEnds && [...prefix.textEnds, text.length],
    logprobs: prefix.logprobs && [...prefix.logprobs, token],
    forced: token.token,
  };
}
