import type { z } from 'zod';
import type { FinishReason, TokenLogprob } from '../../schemas/candidate.ts';
import type { ChatAnswer, chatLogprobs, chatRequest } from '../../schemas/chat-completions.ts';
import { harmless } from '../../schemas/chat-completions.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Scored } from '../operation.ts';
import { finishReason } from '../operation.ts';
import type { Finished } from './answer.ts';
import { bestFirst, inOrder, runAnswer, runReport } from './answer.ts';
import { readPrompt, readReferences } from './prompt.ts';
import type { Task, TaskRequest } from './task.ts';

export type ChatBody = z.infer<ReturnType<typeof chatRequest<z.ZodType>>>;

/** Scaling is on where the body or the model string says a word of it; otherwise `n` samples come back as they are. */
export const isScaled = (body: ChatBody, recipes: Readonly<Record<string, unknown>>): boolean =>
  body.winnow != null || (body.model?.includes('@') ?? false) || Object.hasOwn(recipes, body.model ?? '');

/** How many answers come back. */
export const wanted = (body: ChatBody): number => body.n ?? 1;

/** An OpenAI request as the neutral one. */
export function chatTask(body: ChatBody, scaled: boolean): TaskRequest {
  refuseLooseEnds(body);
  const winnow: Partial<NonNullable<ChatBody['winnow']>> = body.winnow ?? {};
  return {
    model: body.model ?? undefined,
    prompt: readPrompt(body),
    sampling: sampling(body),
    family: 'any',
    strategy: scaled ? winnow.strategy : 'best_of_n',
    options: scaled ? (winnow.options ?? {}) : { n: wanted(body) },
    rewards: scaled ? winnow.rewards : [],
    references: readReferences(scaled ? winnow.reference : undefined),
    selection: scaled ? winnow.selection : 'argmax',
    budget: winnow.budget,
    execution: winnow.execution ?? 'auto',
    step: winnow.step,
    returns: winnow.return ?? { candidates: 'scores', tree: false },
    path: scaled ? 'winnow.' : '',
    maxTokensParam: body.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens',
    optionsPath: scaled ? 'winnow.options.' : '',
  };
}

function refuseLooseEnds({ logprobs, top_logprobs, stream, stream_options }: ChatBody): void {
  if (top_logprobs != null && !logprobs)
    throw new WinnowError('invalid_value', 'top_logprobs was given without logprobs: true.', { param: 'top_logprobs' });
  if (stream_options != null && !stream)
    throw new WinnowError('invalid_value', 'stream_options was given without stream: true.', { param: 'stream_options' });
}

function sampling(body: ChatBody): TaskRequest['sampling'] {
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  const given = {
    temperature: body.temperature,
    top_p: body.top_p,
    top_k: body.top_k,
    min_p: body.min_p,
    max_tokens: maxTokens,
    stop: body.stop,
    seed: body.seed,
    logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value != null));
}

/** More answers than the run can draw is a contradiction in the body. */
export function refuseMoreThanDrawn(body: ChatBody, task: Task): void {
  const drawn = typeof task.options.n === 'number' ? task.options.n : task.bound.candidates;
  if (wanted(body) <= drawn) return;
  const message = `n asks for ${wanted(body)} answers, and ${task.strategy.name} draws ${drawn} at most. Raise winnow.options or lower n.`;
  throw new WinnowError('invalid_value', message, { param: 'n' });
}

/** Members that were not read and are not known to be harmless, as warnings. */
export const unread = (body: ChatBody, known: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(body)
    .filter((key) => !Object.hasOwn(known, key) && !(harmless as readonly string[]).includes(key))
    .slice(0, 16)
    .map((key) => `The member ${JSON.stringify(key.slice(0, 80))} is not known and was ignored.`);

/** The answers that come back: without scaling all in the order of index, else the best first, distinct texts before repeats. */
export function chosen(finished: Finished, scaled: boolean, count: number): Scored[] {
  if (!scaled) return inOrder(finished).filter(({ finish }) => finish !== 'error');
  const ranked = bestFirst(finished);
  const first = ranked.filter((candidate, place) => ranked.findIndex(({ text }) => text === candidate.text) === place);
  return [...first, ...ranked.filter((candidate) => !first.includes(candidate))].slice(0, count);
}

export function chatAnswer(finished: Finished, body: ChatBody, scaled: boolean, warnings: readonly string[]): ChatAnswer {
  const answers = chosen(finished, scaled, wanted(body));
  const { id, created, model, usage, system_fingerprint } = runAnswer(finished);
  return {
    id: id.replace('run_', 'chatcmpl-'),
    object: 'chat.completion',
    created,
    model,
    choices: answers.map((candidate, place) => ({
      index: scaled ? place : (finished.indexes.get(candidate.id) ?? place),
      message: { role: 'assistant', content: candidate.text, refusal: null },
      logprobs: body.logprobs ? logprobs(candidate) : null,
      finish_reason: chatFinish(finishReason(candidate)),
    })),
    usage,
    system_fingerprint,
    ...aside(finished, scaled, [...warnings, ...fewer(answers.length, wanted(body))]),
  };
}

/** What OpenAI has no word for was cut. */
export const chatFinish = (reason: FinishReason): 'stop' | 'length' => (reason === 'stop' ? 'stop' : 'length');

const fewer = (given: number, asked: number): string[] =>
  given < asked ? [`${asked} answers were asked for; ${given} came to be.`] : [];

/** `winnow` in the answer: the report of the run; without scaling the warnings alone, where there are any. */
function aside(finished: Finished, scaled: boolean, more: readonly string[]): Pick<ChatAnswer, 'winnow'> {
  const report = runReport(finished);
  const warnings = [...report.warnings, ...more];
  if (scaled) return { winnow: { ...report, warnings } };
  return warnings.length > 0 ? { winnow: { warnings } } : {};
}

/**
 * OpenAI's log-probabilities of the tokens that a content is made of, however text and tokens come: an end token or a cut stop
 * string is not among them.
 */
export class ContentLogprobs {
  /** Tokens that came, and whose text did not. */
  readonly #waiting: TokenLogprob[] = [];
  /** Length of the text, and of the names of those tokens that it is made of. */
  #length = 0;
  #named = 0;

  /** Adds to the text and the tokens. Returns those tokens whose text is there by now. */
  add(text: string, tokens: readonly TokenLogprob[]): z.infer<typeof chatLogprobs>['content'] {
    this.#length += text.length;
    this.#waiting.push(...tokens);
    let count = 0;
    while (count < this.#waiting.length && this.#named < this.#length) this.#named += this.#waiting[count++]!.token.length;
    return this.#waiting
      .splice(0, count)
      .filter(({ token }) => token !== '')
      .map(openAiLogprob);
  }
}

const logprobs = ({ text, logprobs: tokens = [] }: Scored): z.infer<typeof chatLogprobs> => ({
  content: new ContentLogprobs().add(text, tokens),
  refusal: null,
});

const openAiLogprob = ({ token, logprob, top = [] }: TokenLogprob) => ({
  ...withBytes({ token, logprob }),
  top_logprobs: top.map(withBytes),
});

const withBytes = ({ token, logprob }: { token: string; logprob: number }) => ({
  token,
  logprob,
  bytes: [...new TextEncoder().encode(token)],
});
