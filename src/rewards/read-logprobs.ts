import type { Prompt } from '../../schemas/backend.ts';
import type { LogprobsRequest, MeasuredContinuation } from '../../schemas/logprobs.ts';
import type { Asking } from '../operation.ts';
import { read } from '../operation.ts';

export interface Measuring extends Partial<Pick<LogprobsRequest, 'top_logprobs' | 'entropy' | 'self_certainty' | 'answers'>> {
  readonly backend: string;
  readonly model: string;
  /** The reward that it is for. */
  readonly reward: string;
  readonly prompt: Prompt;
  /** Texts after the prompt; `steps` joined are the text, and their borders are told. */
  readonly texts: readonly { readonly text: string; readonly steps?: readonly string[] }[];
}

export interface Measures {
  /** One each, in order. */
  readonly results: readonly MeasuredContinuation[];
  /** Tokens of the prompt by this model; null where none was read. */
  readonly promptTokens: number | null;
}

/** What a policy says of given texts, in one call. One that failed is the failure of its texts. */
export function* readLogprobs({ backend, model, reward, prompt, texts, ...wanted }: Measuring): Asking<Measures> {
  const continuations = texts.map(({ text, steps }, place) => ({
    id: String(place),
    text,
    ...(steps ? { steps: [...steps] } : {}),
  }));
  const request = { model, prompt, continuations, top_logprobs: 0, entropy: false, answers: [], ...wanted };
  const result = yield* read<'logprobs'>({ reading: 'logprobs', backend, reward, request });
  const { results, usage } = result.ok ? result.response : { results: [], usage: null };
  if (results.length === texts.length) return { results, promptTokens: usage?.prompt_tokens ?? null };
  const reason = result.ok ? 'backend_error' : result.reason;
  return { results: continuations.map(({ id }) => ({ id, ok: false, reason })), promptTokens: null };
}

/** Texts of one call: each waits in the backend's queue, which has room for some thousands. */
const TEXTS_AT_ONCE = 512;
/** Tokens of one answer, which are characters at least: one takes some 50 bytes as JSON, and a Worker has 128 MB for all. */
const TOKENS_AT_ONCE = 262_144;

/**
 * Cuts what is to be measured into calls; a text that is too much by itself has a call of its own.
 *
 * @param weight  texts that are made of each, or numbers that are told of each token
 */
export function calls<Text extends { readonly text: string }>(texts: readonly Text[], weight = 1): Text[][] {
  const parts: Text[][] = [];
  let room = 0;
  for (const each of texts) {
    const last = parts.at(-1);
    const tokens = each.text.length * weight;
    if (last && last.length < TEXTS_AT_ONCE / weight && tokens <= room) last.push(each);
    else {
      parts.push([each]);
      room = TOKENS_AT_ONCE;
    }
    room -= tokens;
  }
  return parts;
}
