/** The beginning of an answer up to any character, as a prefix that may be continued (methods C.12). */
import type { Prefix, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { firstSteps, lastOpen } from './keep-best.ts';

/**
 * The first `count` characters of a candidate: the prompt itself of none, `P@s` where a step ends there, else `P@countc`.
 * Ids of tokens, and what goes with them, are there only where a token is known to end there; otherwise the number of tokens
 * is an estimate. A character of two code units is not divided: the cut is before it.
 */
export function firstCharacters(candidate: Scored, count: number): Prefix {
  const end = isHalf(candidate.text, count) ? count - 1 : count;
  if (end === 0) return root;
  const { steps, within } = stepsUpTo(candidate.steps, end);
  if (within === 0 && candidate.stepEnds) return firstSteps(candidate, steps.length);
  const place = candidate.textEnds?.indexOf(end) ?? -1;
  const known = place >= 0 ? place + 1 : undefined;
  return {
    id: `${candidate.id}@${end}c`,
    text: candidate.text.slice(0, end),
    steps,
    tokenCount: known ?? tokensOf(candidate, end),
    tokens: known === undefined ? undefined : candidate.tokens?.slice(0, known),
    stepEnds: known === undefined ? undefined : stepEndsUpTo(candidate, steps.length, known),
    stepOpen: lastOpen(steps, candidate),
    textEnds: known === undefined ? undefined : candidate.textEnds?.slice(0, known),
    logprobs: known === undefined ? undefined : candidate.logprobs?.slice(0, known),
  };
}

/** The same prefix with words after it that nobody sampled: they count as tokens of the answer, as many as its own would be. */
export function followedBy(prefix: Prefix, words: string, candidate: Scored): Prefix {
  const last = prefix.steps.length - 1;
  const open = last >= 0 && prefix.steps[last] !== candidate.steps[last];
  return {
    id: prefix.id,
    text: prefix.text + words,
    steps: open ? [...prefix.steps.slice(0, last), prefix.steps[last]! + words] : [...prefix.steps, words],
    tokenCount: prefix.tokenCount + tokensOf(candidate, words.length),
    stepOpen: prefix.stepOpen === undefined ? undefined : true,
  };
}

/** Tokens that so many characters of this candidate take on average. */
const tokensOf = ({ tokenCount, text }: Scored, characters: number): number =>
  Math.ceil((tokenCount * characters) / Math.max(1, text.length));

const isHalf = (text: string, at: number): boolean =>
  /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '');

/** The steps before `end`, the last one up to it; `within` is how much of that one there is, 0 where it is whole. */
function stepsUpTo(all: readonly string[], end: number): { readonly steps: readonly string[]; readonly within: number } {
  const steps: string[] = [];
  let left = end;
  for (const step of all) {
    if (left < step.length) return { steps: left > 0 ? [...steps, step.slice(0, left)] : steps, within: left };
    steps.push(step);
    left -= step.length;
  }
  return { steps, within: 0 };
}

function stepEndsUpTo({ stepEnds }: Scored, steps: number, tokens: number): readonly number[] | undefined {
  return stepEnds && [...stepEnds.slice(0, steps - 1), tokens];
}
