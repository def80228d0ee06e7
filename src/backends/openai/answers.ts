import { z } from 'zod';
import type { TokenLogprob } from '../../../schemas/candidate.ts';
import { plus } from '../../../schemas/usage.ts';
import { readLogprobs } from './logprobs.ts';

const count = z.int().min(0).nullish();
const usage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
});
/** Some servers give the text in parts. */
const content = z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).nullish();
const message = z.looseObject({ content, refusal: z.string().nullish(), tool_calls: z.array(z.unknown()).nullish() });
const matched = z.union([z.string(), z.number()]).nullish();
const choice = z.looseObject({
  index: z.int().min(0).nullish(),
  message: message.nullish(),
  delta: message.nullish(),
  text: z.string().nullish(),
  finish_reason: z.string().nullish(),
  stop_reason: matched.describe('vLLM: the string or the token that ended it.'),
  matched_stop: matched.describe('SGLang: the same.'),
  stopping_word: matched.describe('llama.cpp, where it says it.'),
  logprobs: z.unknown().optional(),
});
const answer = z.looseObject({
  choices: z.array(choice).nullish(),
  usage: usage.nullish(),
  system_fingerprint: z.string().nullish(),
});

/** One choice as far as it has come. */
export interface Choice {
  text: string;
  /** As the server says it; null while it is open. */
  finish: string | null;
  /** What ended it; undefined where the server does not say, null or a number where no stop string did. */
  matched: string | number | null | undefined;
  logprobs: TokenLogprob[] | undefined;
  /** Length of the text after each piece of it that came. */
  pieces: number[];
  /** It calls tools or refuses: no answer in text. */
  other: 'tool_calls' | 'refusal' | undefined;
}

export interface ServerUsage {
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly cached: number | null;
}

const nothing: ServerUsage = { prompt: null, completion: null, cached: null };

/** What one request brought: its choices and its usage, from one body or from the chunks of a stream. */
export class Answers {
  readonly choices = new Map<number, Choice>();
  fingerprint: string | undefined;
  readonly #alternatives: number;
  /** Usage that came while choices were open: totals that grow. */
  #growing: ServerUsage | undefined;
  /** Usage that came with an end. */
  readonly #final: ServerUsage[] = [];

  /** @param alternatives  alternatives of each token that are wanted */
  constructor(alternatives: number) {
    this.#alternatives = alternatives;
  }

  get began(): boolean {
    return [...this.choices.values()].some(({ text, finish }) => text !== '' || finish !== null);
  }

  get ended(): number {
    return [...this.choices.values()].filter(({ finish }) => finish !== null).length;
  }

  /**
   * What the server says was spent, all choices together. Where it says it more than once, with an end each time, it said it
   * of each choice (llama.cpp).
   */
  get usage(): ServerUsage {
    if (this.#growing) return this.#final.at(-1) ?? this.#growing;
    if (this.#final.length <= 1 || this.#final.length !== this.ended) return this.#final.at(-1) ?? nothing;
    const completion = this.#final.reduce<number | null>((sum, one) => plus(sum, one.completion), 0);
    return { ...this.#final[0]!, completion };
  }

  /**
   * Adds a chunk of a stream, or the whole body of an answer that is not streamed.
   *
   * @throws ZodError where it is neither
   */
  add(json: unknown): void {
    const { choices, usage: spent, system_fingerprint: fingerprint } = answer.parse(json);
    if (fingerprint) this.fingerprint = fingerprint;
    const parts = choices ?? [];
    const indexes = parts.map(({ index }) => index);
    // servers that number every choice 0 are taken by place
    const numbered = new Set(indexes).size === indexes.length && indexes.every((index) => typeof index === 'number');
    for (const [place, part] of parts.entries()) this.#addPart(numbered ? indexes[place]! : place, part);
    if (spent) this.#addUsage(spent, parts.some(({ finish_reason: finish }) => finish != null) || parts.length === 0);
  }

  #addPart(index: number, part: z.infer<typeof choice>): void {
    const known = this.choices.get(index);
    if (known && known.finish !== null) return; // an index that comes again after its end
    const state: Choice = known ?? {
      text: '',
      finish: null,
      matched: undefined,
      logprobs: undefined,
      pieces: [],
      other: undefined,
    };
    this.choices.set(index, state);
    const said = part.message ?? part.delta;
    const piece = part.text ?? textOf(said?.content);
    if (piece !== '') {
      state.text += piece;
      state.pieces.push(state.text.length);
    }
    const logprobs = readLogprobs(part.logprobs, this.#alternatives);
    if (logprobs) state.logprobs = [...(state.logprobs ?? []), ...logprobs];
    if (said?.tool_calls && said.tool_calls.length > 0) state.other = 'tool_calls';
    if (said?.refusal) state.other = 'refusal';
    for (const name of ['stop_reason', 'matched_stop', 'stopping_word'] as const)
      if (part[name] !== undefined && (state.matched === undefined || state.matched === null)) state.matched = part[name];
    state.finish = part.finish_reason ?? state.finish;
  }

  #addUsage({ prompt_tokens, completion_tokens, prompt_tokens_details: details }: z.infer<typeof usage>, final: boolean): void {
    const said = {
      prompt: prompt_tokens ?? null,
      completion: completion_tokens ?? null,
      cached: details?.cached_tokens ?? null,
    };
    if (final) this.#final.push(said);
    else this.#growing = said;
  }
}

const textOf = (given: z.infer<typeof content>): string =>
  typeof given === 'string' ? given : (given ?? []).map(({ text = '' }) => text).join('');
