/** How probable each of a few answers is as a judge's next token (methods B.10). */
import type { Prompt } from '../../schemas/backend.ts';
import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Lookup } from '../../schemas/config.ts';
import type { MeasuredContinuation } from '../../schemas/logprobs.ts';
import type { Asking } from '../operation.ts';
import { read, root, sample } from '../operation.ts';
import { begunWith, canContinue } from './judge-begun.ts';

export interface NextToken {
  /** The judge, as a policy of the config. */
  readonly policy: string;
  readonly lookup: Lookup;
  /** Reward that it is for. */
  readonly reward: string;
  readonly prompt: Prompt;
  /** How the judge's answer begins. */
  readonly prefix: string;
  /** What it may say, each a single token. */
  readonly answers: readonly string[];
}

/** Natural logs in the order of the answers; null is one that the server did not tell of. */
export type AnswerLogprobs =
  | { readonly ok: true; readonly logprobs: readonly (number | null)[] }
  | { readonly ok: false; readonly reason: string };

/** Whether asking this judge samples a token: only our own backend tells probabilities of tokens that nobody drew. */
export const drawsToken = (policy: string, { policies, backends }: Lookup): boolean =>
  backends[policies[policy]?.backend ?? '']?.kind !== 'gpu_backend';

export function* answerLogprobs(asked: NextToken): Asking<AnswerLogprobs> {
  return yield* drawsToken(asked.policy, asked.lookup) ? drawn(asked) : measured(asked);
}

/**
 * Our own backend tells each answer's probability, in all its spellings that are one token. Many tokenizers have no token for
 * a space with a digit: there the space is a token of its own, and what follows it counts as far as the space is probable.
 */
function* measured({ policy, lookup, reward, prompt, prefix, answers }: NextToken): Asking<AnswerLogprobs> {
  const { backend, model } = lookup.policies[policy]!;
  const request = {
    model,
    prompt,
    continuations: [prefix, `${prefix} `].map((text, place) => ({ id: String(place), text })),
    top_logprobs: 0,
    entropy: false,
    answers: [...answers.map(spellings), [' ']],
  };
  const result = yield* read<'logprobs'>({ reading: 'logprobs', backend, reward, request });
  if (!result.ok) return result;
  const [at, spaced] = result.response.results;
  if (!at?.ok || !spaced?.ok) return { ok: false, reason: whyNot(at) ?? whyNot(spaced) ?? 'missing' };
  const space = at.answers[answers.length]?.logprob ?? Number.NEGATIVE_INFINITY;
  const logprobs = answers.map((_, place) =>
    sumOfLogs([at.answers[place]?.logprob, space + (spaced.answers[place]?.logprob ?? 0)]),
  );
  return { ok: true, logprobs };
}

const whyNot = (result: MeasuredContinuation | undefined): string | undefined =>
  result?.ok === false ? result.reason : undefined;

const MOST_ALTERNATIVES = 20; // that a server of OpenAI's API tells

/** A server of others draws one token and tells its most probable alternatives; what is not among them counts as 0. */
function* drawn({ policy, lookup, reward, prompt, prefix, answers }: NextToken): Asking<AnswerLogprobs> {
  const [token] = yield* sample({
    role: 'judge',
    reward,
    policy,
    prompt,
    prefixes: [canContinue(policy, lookup) ? begunWith(prefix) : root],
    count: 1,
    until: 'end',
    topLogprobs: MOST_ALTERNATIVES,
    sampling: { temperature: 0, top_p: 1, top_k: 0, min_p: 0, max_tokens: 1, stop: [] },
  });
  if (!token) return { ok: false, reason: 'budget' };
  if (token.finish === 'error') return { ok: false, reason: token.reason ?? 'backend_error' };
  const [first] = token.logprobs ?? [];
  if (!first) return { ok: false, reason: 'no_logprobs' };
  return { ok: true, logprobs: answers.map((answer) => logOfSum(first, new Set(spellings(answer)))) };
}

/** Log of the summed probability of all alternatives that spell the answer; null where none does. */
function logOfSum({ token, logprob, top = [] }: TokenLogprob, spelled: ReadonlySet<string>): number | null {
  const alternatives = new Map(top.map((one) => [one.token, one.logprob]));
  if (!alternatives.has(token)) alternatives.set(token, logprob);
  return sumOfLogs([...alternatives].flatMap(([text, log]) => (spelled.has(text.replace(/^\u2581/, ' ')) ? [log] : [])));
}

/** Null where there is none. */
function sumOfLogs(logs: readonly (number | undefined)[]): number | null {
  const known = logs.filter((log) => log !== undefined);
  return known.length === 0 ? null : Math.log(known.reduce((sum, log) => sum + Math.exp(log), 0));
}

/** The same answer in other tokens: with a space before it, and a word with a capital or without. */
export function spellings(answer: string): string[] {
  const lower = answer.toLowerCase();
  // of a single letter the other case is another word: "a" is an article
  const cases = answer.length > 1 ? [answer, lower, lower[0]!.toUpperCase() + lower.slice(1)] : [answer];
  return [...new Set(cases)].flatMap((text) => [text, ` ${text}`]);
}
