/** A server in memory that writes tokens drawn by prompt, seed and place, in the dialect that a test gives it. */
import { mulberry32, subSeed } from '../../src/random.ts';

/** How a server of some make answers. The defaults are OpenAI's. */
export interface Dialect {
  readonly n?: boolean;
  /** Continues a trailing assistant message: always, or with the member that asks for it. */
  readonly continues?: 'always' | 'continue_final_message';
  /** Repeats what it continues in answers that are not streamed. */
  readonly echoes?: boolean;
  /** Member by which a stop string is kept in the text. */
  readonly keeps?: 'include_stop_str_in_output' | 'no_stop_trim';
  /** Member of a choice that says what ended it. */
  readonly names?: 'stop_reason' | 'matched_stop';
  readonly logprobs?: boolean;
  readonly usage?: boolean;
  readonly topK?: boolean;
  readonly routes?: readonly string[];
  /** How often an answer ends by itself, of 1. */
  readonly ends?: number;
}

export const vllm: Dialect = {
  n: true,
  continues: 'continue_final_message',
  keeps: 'include_stop_str_in_output',
  names: 'stop_reason',
  topK: true,
};
export const sglang: Dialect = {
  n: true,
  continues: 'continue_final_message',
  keeps: 'no_stop_trim',
  names: 'matched_stop',
  topK: true,
};
export const llamaCpp: Dialect = { continues: 'always', echoes: true, topK: true };
export const openAi: Dialect = { n: true, routes: ['/chat/completions', '/models'] };

const vocabulary = ['one ', 'two ', 'six ', 'ten ', 'one\n', 'two\n', '\n', 'few '];
const END = '';
const TURN = 3; // tokens of the marks of a turn

export interface Asked {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Drawn {
  readonly tokens: readonly string[];
  readonly text: string;
  readonly finish: 'stop' | 'length';
  readonly matched: string | null;
}

export class StandIn {
  readonly asked: Asked[] = [];
  /** Requests that are open at this moment, and the most there ever were. */
  open = 0;
  most = 0;
  readonly #dialect: Dialect;

  constructor(dialect: Dialect = {}) {
    this.#dialect = dialect;
  }

  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const path = new URL(String(url)).pathname.replace(/^\/v1/, '');
    const body = init.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : {};
    this.asked.push({ path, headers: new Headers(init.headers), body });
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    await new Promise((resolve) => setImmediate(resolve));
    this.open -= 1;
    init.signal?.throwIfAborted();
    const routes = this.#dialect.routes ?? ['/chat/completions', '/completions', '/models'];
    if (!routes.includes(path)) return Response.json({ error: { message: 'Not Found', type: 'not_found' } }, { status: 404 });
    if (path === '/models')
      return Response.json({ object: 'list', data: [{ id: 'served', object: 'model', max_model_len: 512 }] });
    return this.#answer(path, body);
  };

  #answer(path: string, body: Record<string, unknown>): Response {
    const chat = path === '/chat/completions';
    const { text, tokens: promptTokens, begun } = this.#prompt(chat, body);
    const count = this.#dialect.n ? Number(body.n ?? 1) : 1;
    const drawn = Array.from({ length: count }, (_, place) =>
      this.#draw(text, Number(body.seed ?? 0) + place * 7919, body, chat),
    );
    const completion = drawn.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const usage =
      this.#dialect.usage === false
        ? undefined
        : {
            prompt_tokens: promptTokens,
            completion_tokens: completion,
            total_tokens: promptTokens + completion,
            prompt_tokens_details: { cached_tokens: 0 },
          };
    if (body.stream)
      return new Response(this.#events(chat, drawn, body, usage), { headers: { 'content-type': 'text/event-stream' } });
    const echo = this.#dialect.echoes ? begun : '';
    return Response.json({
      choices: drawn.map((one, index) => ({
        index,
        ...this.#end(one),
        ...(chat ? { message: { role: 'assistant', content: echo + one.text } } : { text: one.text }),
        ...this.#logprobs(one, body, chat),
      })),
      usage,
      system_fingerprint: 'stand-in',
    });
  }

  #prompt(chat: boolean, body: Record<string, unknown>) {
    if (!chat) return { text: String(body.prompt), tokens: count(String(body.prompt)), begun: '' };
    const messages = body.messages as { role: string; content: string }[];
    const last = messages.at(-1)!;
    const { continues } = this.#dialect;
    const goesOn = last.role === 'assistant' && (continues === 'always' || (continues !== undefined && body[continues] === true));
    const turns = goesOn ? messages.slice(0, -1) : messages;
    const text = `${turns.map(({ role, content }) => `<${role}>${content}`).join('')}<assistant>${goesOn ? last.content : ''}`;
    const tokens = turns.reduce((sum, { content }) => sum + count(content) + TURN, TURN) + (goesOn ? count(last.content) : 0);
    return { text, tokens, begun: goesOn ? last.content : '' };
  }

  #draw(prompt: string, seed: number, body: Record<string, unknown>, chat: boolean): Drawn {
    const greedy = body.temperature === 0 || (this.#dialect.topK && (body.top_k === 1 || body.min_p === 1));
    const next = mulberry32(subSeed(greedy ? 0 : seed, prompt, 0));
    const limit = Number((chat ? body.max_completion_tokens : undefined) ?? body.max_tokens);
    const stop = (body.stop ?? []) as string[];
    const keep = this.#dialect.keeps !== undefined && body[this.#dialect.keeps] === true;
    const tokens: string[] = [];
    let text = '';
    while (tokens.length < limit) {
      const ended = next() < (this.#dialect.ends ?? 0.1);
      tokens.push(ended ? END : vocabulary[Math.floor(next() * vocabulary.length)]!);
      if (ended) return { tokens, text, finish: 'stop', matched: null };
      text += tokens.at(-1);
      const matched = stop.find((string) => text.includes(string));
      if (matched === undefined) continue;
      const at = text.indexOf(matched);
      return { tokens, text: text.slice(0, keep ? at + matched.length : at), finish: 'stop', matched };
    }
    return { tokens, text, finish: 'length', matched: null };
  }

  #end({ finish, matched }: Drawn) {
    const { names } = this.#dialect;
    return { finish_reason: finish, ...(names ? { [names]: matched } : {}) };
  }

  /** As llama.cpp: without the tokens of a stop string; an end token is there, with no text. */
  #logprobs({ tokens, matched }: Drawn, body: Record<string, unknown>, chat: boolean) {
    if (this.#dialect.logprobs === false || (chat ? body.logprobs !== true : body.logprobs === undefined))
      return { logprobs: null };
    const told = matched === null ? tokens : tokens.slice(0, -1);
    if (told.length === 0) return { logprobs: null };
    if (!chat)
      return {
        logprobs: {
          tokens: told,
          token_logprobs: told.map(() => -1),
          top_logprobs: told.map((token) => ({ [token]: -1 })),
          text_offset: [],
        },
      };
    return {
      logprobs: {
        content: told.map((token) => ({ token, logprob: -1, bytes: null, top_logprobs: [{ token, logprob: -1, bytes: null }] })),
      },
    };
  }

  #events(chat: boolean, drawn: readonly Drawn[], body: Record<string, unknown>, usage: unknown): string {
    const chunk = (choices: unknown[], more = {}) =>
      `data: ${JSON.stringify({ choices, system_fingerprint: 'stand-in', ...more })}\n\n`;
    const longest = Math.max(...drawn.map(({ tokens }) => tokens.length));
    const pieces = Array.from({ length: longest }, (_, place) =>
      drawn
        .map((one, index) => {
          const before = one.tokens.slice(0, place).join('').length;
          const piece = one.text.slice(before, before + (one.tokens[place] ?? '').length);
          if (place >= one.tokens.length) return '';
          const logprobs = this.#logprobs({ ...one, tokens: [one.tokens[place]!], matched: null }, body, chat);
          return chunk([
            { index, ...(chat ? { delta: { content: piece } } : { text: piece }), finish_reason: null, ...logprobs },
          ]);
        })
        .join(''),
    ).join('');
    const ends = drawn
      .map((one, index) => chunk([{ index, ...(chat ? { delta: {} } : { text: '' }), ...this.#end(one) }]))
      .join('');
    return `${pieces}${ends}${usage ? chunk([], { usage }) : ''}data: [DONE]\n\n`;
  }
}

/** Tokens of a text that a caller brings: its words and its line breaks. */
const count = (text: string): number => (text.match(/\S+|\n/g) ?? []).length;
