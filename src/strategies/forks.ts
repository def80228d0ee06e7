/** Answers that go on with another token than the one that was drawn (methods C.11). */
import type { Prefix, Scored } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { finished, tokensLeft } from './define.ts';
import { firstTokens, withToken } from './first-tokens.ts';
import type { ForkRules } from './fork-positions.ts';
import { entropyOf, forkPositions } from './fork-positions.ts';
import { distinct } from './step-search.ts';

export interface Rules extends ForkRules {
  /** Most probable tokens that are looked at, at each position. */
  readonly alternatives: number;
}

/** A position with the prefixes that it gives, the most probable token first. */
interface Fork {
  readonly entropy: number;
  readonly prefixes: readonly Prefix[];
}

/**
 * Prefixes that fork these answers: at first the most probable other token of each position, the highest entropy first, then
 * the second one of each, and so on; a text comes once. No answer is forked at its end. An answer without log-probabilities gives none, nor does one
 * whose tokens do not join to its text: what another token would add to it is not known.
 */
export function forksOf(answers: readonly Scored[], task: StrategyTask, rules: Rules): Prefix[] {
  const names = new TokenNames(answers);
  const forks = answers.flatMap((answer) => forksOfAnswer(answer, names, task, rules)).sort((a, b) => b.entropy - a.entropy);
  const most = Math.max(0, ...forks.map(({ prefixes }) => prefixes.length));
  const ranks = Array.from({ length: most }, (_, rank) => forks.flatMap(({ prefixes }) => prefixes[rank] ?? []));
  return distinct(ranks.flat());
}

function forksOfAnswer(answer: Scored, names: TokenNames, task: StrategyTask, rules: Rules): Fork[] {
  const { logprobs = [], textEnds = [] } = answer;
  if (!joins(answer)) return [];
  const span = task.answerSpan(answer.text);
  const found = logprobs.slice(0, textEnds.length).map((drawn, position): Fork | undefined => {
    const [start, end] = [textEnds[position - 1] ?? 0, textEnds[position]!];
    if (start >= answer.text.length) return undefined; // its end, or part of a stop string that is not in the text
    if (span && start < span[1] && Math.max(end, start + 1) > span[0]) return undefined;
    const top = drawn.top?.slice(0, rules.alternatives) ?? [];
    const cut = firstTokens(answer, position)!; // the text up to there is known: `textEnds` has no gap
    const others = top.filter(({ token }) => token !== drawn.token && names.goOn(token, cut.text, task.sampling.stop));
    const prefixes = others
      .map((other, rank) => withToken(cut, rank, { ...other, ...(drawn.top && { top: drawn.top }) }, names.idOf(other.token)))
      .filter((prefix) => tokensLeft(prefix, task.sampling) > 0);
    return prefixes.length === 0 ? undefined : { entropy: entropyOf(top.map(({ logprob }) => logprob)), prefixes };
  });
  return forkPositions(
    found.map((fork) => fork?.entropy),
    rules,
  ).map((position) => found[position]!); // where it has an entropy there is a fork
}

/** Part of a character: no text can say which one. */
const PART = '\uFFFD';

const piecesOf = ({ text, textEnds = [] }: Scored): string[] =>
  textEnds.map((end, place) => text.slice(textEnds[place - 1] ?? 0, end));

/** Whether each token is named by what it adds: some tokenizers leave out the space before a word. */
function joins(answer: Scored): boolean {
  const names = answer.logprobs ?? [];
  return piecesOf(answer).every((piece, place) => {
    const { token = '' } = names[place] ?? {};
    return piece === token || piece === '' || piece.includes(PART) || token.includes(PART);
  });
}

/** What is known of tokens by their names, from those that were drawn. */
class TokenNames {
  /** Null where two tokens have that name. */
  readonly #ids = new Map<string, number | null>();
  /** Ended a text and added nothing to it. */
  readonly #ends = new Set<string>();

  constructor(answers: readonly Scored[]) {
    for (const answer of answers) {
      const { logprobs = [], tokens = [] } = answer;
      for (const [place, { token }] of logprobs.entries()) {
        const [id, known] = [tokens[place], this.#ids.get(token)];
        if (id !== undefined) this.#ids.set(token, known === undefined || known === id ? id : null);
      }
      const last = logprobs.at(-1);
      if (last && finished(answer) && !piecesOf(answer)[logprobs.length - 1]) this.#ends.add(last.token);
    }
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token) ?? undefined;
  }

  /** Whether a text goes on with it: it is no end, nor does it complete a stop string, and its own text is known. */
  goOn(token: string, before: string, stop: readonly string[]): boolean {
    if (token === '' || token.includes(PART) || this.#ends.has(token) || CONTROL.test(token)) return false;
    return !stop.some((string) => (before + token).includes(string));
  }
}

/** How vocabularies name tokens that are no text, of which an end is one: a text that has this in it would be another. */
const CONTROL = /^<[|｜].*[|｜]>$|^<\/?s>$|^<(?:bos|eos|pad|unk|end_of_turn)>$/;
