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
  /** Texts after the prompt; `steps` joined are the text, and their ends are told. */
  readonly texts: readonly { readonly text: string; readonly steps?: readonly string[] }[];
}

export interface Measures {
  /** One each, in order. */
  readonly results: readonly MeasuredContinuation[];
  /** Tokens of the prompt by this model; null where none was read. */
  readonly promptTokens: number | null;
}

/** Texts of one call. Each is a candidate in the backend's queue, which has room for some thousands. */
const AT_ONCE = 512;

/** What a policy says of given texts. A call that failed is the failure of its texts. */
export function* readLogprobs({ backend, model, reward, prompt, texts, ...wanted }: Measuring): Asking<Measures> {
  const results: MeasuredContinuation[] = [];
  let promptTokens: number | null = null;
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const continuations = texts.slice(start, start + AT_ONCE).map(({ text, steps }, place) => ({
      id: String(start + place),
      text,
      ...(steps ? { steps: [...steps] } : {}),
    }));
    const request = { model, prompt, continuations, top_logprobs: 0, entropy: false, answers: [], ...wanted };
    const result = yield* read<'logprobs'>({ reading: 'logprobs', backend, reward, request });
    const whole = result.ok && result.response.results.length === continuations.length;
    const reason = result.ok ? 'backend_error' : result.reason;
    results.push(...(whole ? result.response.results : continuations.map(({ id }) => ({ id, ok: false as const, reason }))));
    if (result.ok) promptTokens = result.response.usage.prompt_tokens;
  }
  return { results, promptTokens };
}
