import { randomInt } from 'node:crypto';
import { harmless } from '../../schemas/chat-completions.ts';
import {
  type BackendChatRequest,
  backendChatRequest,
  type CompletionRequest,
  completionRequest,
  harmlessHere,
} from '../../schemas/completions.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import type { Engine } from '../engine/engine.ts';
import { encodeAll, encodeChat, textsOf } from './prompts.ts';

/** What both routes ask of an engine, with every default filled in. */
export interface Asked {
  readonly prompts: readonly (readonly number[])[];
  /** Text that is answered before the new one, a prompt each; empty without `echo`. */
  readonly echoes: readonly string[];
  /** Answers of each prompt. */
  readonly n: number;
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly topLogprobs: number | undefined;
  readonly seed: number;
  readonly priority: number;
  readonly keepStop: boolean;
  readonly ignoreEnd: boolean;
  readonly tellTokenIds: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly warnings: readonly string[];
}

const COMPLETION_TOKENS = 16; // OpenAI's default
const MOST_SEEDS = 2 ** 32;

/** A chat request. @throws WinnowError that names the member at fault */
export function askedOfChat(engine: Engine, body: BackendChatRequest): Asked {
  if (body.top_logprobs != null && !body.logprobs)
    throw invalid('top_logprobs', 'top_logprobs was given without logprobs: true.');
  const prompts = [encodeChat(engine, body)];
  const topLogprobs = body.logprobs ? (body.top_logprobs ?? 0) : undefined;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? engine.context;
  return { ...shared(body, maxTokens), prompts, echoes: [], topLogprobs, warnings: unread(body, backendChatRequest.shape) };
}

/** A completion request: one prompt or many. @throws WinnowError that names the member at fault */
export async function askedOfCompletion(engine: Engine, body: CompletionRequest): Promise<Asked> {
  const maxTokens = body.max_tokens ?? COMPLETION_TOKENS;
  const prompts = await encodeAll(engine, body.prompt);
  const echoes = body.echo ? textsOf(engine, body.prompt) : [];
  const warnings = unread(body, completionRequest.shape);
  return { ...shared(body, maxTokens), prompts, echoes, topLogprobs: body.logprobs ?? undefined, warnings };
}

function shared(body: BackendChatRequest | CompletionRequest, maxTokens: number) {
  const n = body.n ?? 1;
  if (body.stream_options != null && !body.stream)
    throw invalid('stream_options', 'stream_options was given without stream: true.');
  if (body.best_of != null && body.best_of !== n)
    throw new WinnowError('unsupported_value', `best_of is served where it equals n, which is ${n}.`, { param: 'best_of' });
  const stop = typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []);
  const sampling = {
    temperature: body.temperature ?? 1,
    top_p: body.top_p ?? 1,
    top_k: Math.max(0, body.top_k ?? 0),
    min_p: body.min_p ?? 0,
    max_tokens: Math.max(1, maxTokens),
    stop,
  };
  return {
    n,
    maxTokens,
    sampling,
    seed: body.seed ?? randomInt(MOST_SEEDS),
    priority: body.priority ?? 0,
    keepStop: (body.include_stop_str_in_output ?? body.no_stop_trim) === true,
    ignoreEnd: body.ignore_eos === true,
    tellTokenIds: body.return_token_ids === true,
    stream: body.stream === true,
    includeUsage: body.stream_options?.include_usage === true,
  };
}

/** Members that were not read and are not known to be harmless, as warnings. */
function unread(body: object, known: object): string[] {
  const quiet: readonly string[] = [...harmless, ...harmlessHere];
  return Object.keys(body)
    .filter((key) => !Object.hasOwn(known, key) && !quiet.includes(key))
    .slice(0, 16)
    .map((key) => `The member ${quoted(key)} is not known and was ignored.`);
}

const invalid = (param: string, message: string): WinnowError => new WinnowError('invalid_value', message, { param });
