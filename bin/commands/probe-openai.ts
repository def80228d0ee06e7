/** What an OpenAI-compatible server can do, found by asking it: a few short requests, one after the other. */
import type { OpenAiConfig } from '../../schemas/config.ts';
import { Answers, type Choice } from '../../src/backends/openai/answers.ts';
import { post, type Server } from '../../src/backends/openai/call.ts';
import { serverEvents } from '../../src/backends/openai/events.ts';
import { endedByModel, endOf, showsStop } from '../../src/backends/openai/finish.ts';
import { givesSeveral } from '../../src/backends/openai/learned.ts';
import { refusalOf } from '../../src/backends/openai/refusal.ts';
import { CannotStart } from '../settings.ts';

/** What was found, as the entry of the config has it; the rest is for people. */
export interface Found {
  readonly api: OpenAiConfig['api'];
  readonly limit_name: OpenAiConfig['limit_name'];
  readonly continuation: OpenAiConfig['continuation'];
  readonly stop_string: OpenAiConfig['stop_string'];
  readonly n: boolean;
  readonly accepts: OpenAiConfig['accepts'];
  readonly stream: boolean;
  /** 1 where a request cuts off the one before it; undefined leaves the default. */
  readonly concurrency: 1 | undefined;
  readonly extra_body: Readonly<Record<string, unknown>>;
  /** Whether answers say how many tokens they took. */
  readonly usage: boolean;
}

type Body = Readonly<Record<string, unknown>>;
type Tried =
  | { readonly ok: true; readonly answers: Answers }
  | { readonly ok: false; readonly status: number; readonly why: string };

const STREAMED = { stream: true, stream_options: { include_usage: true } };
const SHORT = 8; // tokens of a probe that only has to answer
const ANSWER = 24; // tokens in which some word comes that can be a stop string
const LONG = 96; // tokens in which a small model ends a one-word answer
const QUESTION = 'Name three colours and say a word about each.';
const DIGIT = '1'; // one token in every tokenizer that is in use
const PATIENCE_MS = 120_000; // a small machine reads a prompt in seconds, a busy one in a minute

/** Asks one server. Every method throws CannotStart only where the server cannot be used at all. */
export class Probe {
  readonly #server: Server;
  readonly #model: string;
  readonly #signal: AbortSignal;
  #limit: OpenAiConfig['limit_name'] = 'max_tokens';

  constructor(server: Server, model: string, signal: AbortSignal) {
    this.#server = server;
    this.#model = model;
    this.#signal = signal;
  }

  async all(say: (what: string) => void): Promise<Found> {
    say('chat and completions');
    const chat = await this.#chatWorks();
    const raw = await this.#ask('/completions', { ...this.#prompt(false, QUESTION), max_tokens: SHORT, temperature: 0 });
    if (!chat.ok && !raw.ok) throw new CannotStart(`Neither /chat/completions nor /completions answers. ${chat.why} ${raw.why}`);
    const api = chat.ok ? (raw.ok ? 'both' : 'chat') : 'completions';
    const onChat = chat.ok;
    say('n, seed, log-probabilities');
    const several = await this.#greedless(onChat, { n: 2, temperature: 1 });
    const n = several.ok && givesSeveral(several.answers, SHORT);
    const seed = (await this.#greedless(onChat, { seed: 7 })).ok;
    const logprobs = await this.#logprobs(onChat);
    const first = chat.ok ? chat : raw;
    const usage = first.ok && first.answers.usage.completion !== null;
    say('top_k, min_p, streaming');
    const sampling = await this.#samplingParameters(onChat);
    const stream = await this.#streams(onChat, usage);
    const concurrency = (await this.#atOnce(onChat, stream)) ? undefined : 1;
    say('continuing an answer, keeping a stop string');
    const continuation = onChat ? await this.#continuation() : 'none';
    const stop_string = await this.#stopString(continuation !== 'none', logprobs);
    const penalty = logprobs ? await this.#penaltyOff(onChat) : {};
    return {
      api,
      limit_name: this.#limit,
      continuation,
      stop_string,
      n,
      accepts: [...(seed ? (['seed'] as const) : []), ...(logprobs ? (['logprobs'] as const) : []), ...sampling.accepts],
      stream,
      concurrency,
      extra_body: { ...sampling.off, ...penalty },
      usage,
    };
  }

  async #chatWorks(): Promise<Tried> {
    const tried = await this.#greedless(true, {});
    if (tried.ok || !/max_completion_tokens/.test(tried.why)) return tried;
    this.#limit = 'max_completion_tokens';
    return this.#greedless(true, {});
  }

  #prompt(chat: boolean, text: string, begun = ''): Body {
    if (!chat) return { prompt: `Question: ${text}\nAnswer:${begun}` };
    const messages = [{ role: 'user', content: text }];
    return { messages: begun === '' ? messages : [...messages, { role: 'assistant', content: begun }] };
  }

  /** A short answer to the question, by whatever the server samples with. */
  #greedless(chat: boolean, more: Body, question = QUESTION, tokens = SHORT): Promise<Tried> {
    const limit = chat ? this.#limit : 'max_tokens';
    return this.#ask(chat ? '/chat/completions' : '/completions', { ...this.#prompt(chat, question), [limit]: tokens, ...more });
  }

  async #ask(path: string, body: Body): Promise<Tried> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await post(this.#server, path, { model: this.#model, ...body }, signal);
    const of = { prompt: { text: ' ' }, model: this.#model, path, keyName: this.#server.keyName, key: this.#server.key };
    if (!response.ok) return { ok: false, status: response.status, why: (await refusalOf(response, of)).message };
    const answers = new Answers(1);
    try {
      if (response.headers.get('content-type')?.includes('text/event-stream')) {
        for await (const { text } of serverEvents(response.body)) if (text.trim() !== '[DONE]') answers.add(JSON.parse(text));
      } else answers.add(await response.json());
    } catch {
      return { ok: false, status: response.status, why: `${path} answers what is no completion.` };
    }
    if (answers.choices.size === 0) return { ok: false, status: response.status, why: `${path} answers without a choice.` };
    return { ok: true, answers };
  }

  async #logprobs(chat: boolean): Promise<boolean> {
    const tried = await this.#greedless(chat, chat ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 });
    return ((tried.ok && choiceOf(tried)?.logprobs?.length) || 0) > 0;
  }

  /**
   * A server may take a parameter and do nothing of it, so it is seen at work: at a high temperature different seeds give
   * different answers, and the same one where only the most probable token is allowed. What turns it off goes with every
   * request, since a server's own default may be another.
   */
  async #samplingParameters(chat: boolean) {
    const hot = { temperature: 1.9, top_p: 1 };
    const texts = (more: Body) =>
      Promise.all([11, 12].map(async (seed) => textOf(await this.#greedless(chat, { ...hot, ...more, seed }))));
    const [one, other] = await texts({});
    const accepts: ('top_k' | 'min_p')[] = [];
    const off: Record<string, number> = {};
    if (one === other) return { accepts, off }; // seeds make no difference: nothing can be seen
    for (const [name, greedy, offs] of [
      ['top_k', 1, [-1, 0]],
      ['min_p', 1, [0]],
    ] as const) {
      const [first, second] = await texts({ [name]: greedy });
      if (first === undefined || first !== second) continue;
      accepts.push(name);
      for (const value of offs) {
        if (off[name] === undefined && (await this.#greedless(chat, { [name]: value })).ok) off[name] = value;
      }
    }
    return { accepts, off };
  }

  /**
   * A greedy answer takes the most probable token every time. Where one does not, the server lowers those that came before
   * (llama-cpp-python does by default), which no candidate should suffer: its penalty is turned off.
   */
  async #penaltyOff(chat: boolean): Promise<Record<string, number>> {
    const asLogprobs = chat ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 };
    const plainly = async (more: Body) => {
      const tried = await this.#greedless(chat, { temperature: 0, top_p: 1, ...asLogprobs, ...more }, QUESTION, LONG);
      const tokens = choiceOf(tried)?.logprobs;
      return tokens?.every(({ token, top }) => top === undefined || top[0]?.token === token);
    };
    if ((await plainly({})) !== false) return {};
    for (const name of ['repeat_penalty', 'repetition_penalty']) if (await plainly({ [name]: 1 })) return { [name]: 1 };
    return {};
  }

  /** Whether it streams whole answers, and counts their tokens where it counts those of others: the count is worth more. */
  async #streams(chat: boolean, counts: boolean): Promise<boolean> {
    const tried = await this.#greedless(chat, STREAMED);
    if (!tried.ok || choiceOf(tried)?.finish === null) return false;
    return !counts || tried.answers.usage.completion !== null;
  }

  /** llama-cpp-python gives up the stream that it is writing when another request comes. */
  async #atOnce(chat: boolean, stream: boolean): Promise<boolean> {
    const one = () => this.#greedless(chat, stream ? STREAMED : {}, QUESTION, ANSWER);
    const tried = await Promise.all([one(), one(), one()]);
    return tried.every((each) => each.ok && choiceOf(each)?.finish !== null);
  }

  /**
   * An answer that goes on is read as one token more than none; a new turn after it takes the tokens of its marks too. So the
   * count of the prompt tells, whatever the model then writes.
   */
  async #continuation(): Promise<OpenAiConfig['continuation']> {
    const tokens = async (begun: string, more: Body) => {
      const tried = await this.#ask('/chat/completions', { ...this.#prompt(true, QUESTION, begun), [this.#limit]: 1, ...more });
      return tried.ok ? tried.answers.usage.prompt : null;
    };
    const none = await tokens('', {});
    if (none === null) return 'none';
    const goesOn = (count: number | null) => count !== null && count > none && count <= none + 2; // a first space may be a token
    const flags = { continue_final_message: true, add_generation_prompt: false };
    for (const [name, more] of [
      ['prefill', {}],
      ['continue_final_message', flags],
    ] as const) {
      const begun = await tokens(DIGIT, more);
      if (!goesOn(begun)) continue;
      // a template that cuts off the line break at its end would have the model begin each step with another
      const broken = await tokens(`${DIGIT}\n`, more);
      return broken !== null && begun !== null && broken > begun ? name : 'none';
    }
    return 'none';
  }

  /** A greedy answer is asked for again with one of its own words as the stop string. */
  async #stopString(chat: boolean, logprobs: boolean): Promise<OpenAiConfig['stop_string']> {
    const greedy = { temperature: 0, top_p: 1 };
    const whole = textOf(await this.#greedless(chat, greedy, QUESTION, ANSWER)) ?? '';
    const stop = /^\s*\S+\s+\S+\s+(\S{2,})/.exec(whole)?.[1];
    if (stop === undefined) return 'untold';
    const stopped = (more: Body) => this.#greedless(chat, { ...greedy, stop: [stop], ...more }, QUESTION, ANSWER);
    for (const keep of ['include_stop_str_in_output', 'no_stop_trim'] as const) {
      const kept = await stopped({ [keep]: true });
      if (kept.ok && choiceOf(kept)?.text.endsWith(stop)) return keep;
    }
    const plain = await stopped({});
    if (plain.ok && choiceOf(plain)?.matched === stop) return 'named';
    if (!logprobs) return 'untold';
    const asLogprobs = chat ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 };
    const told = await stopped(asLogprobs);
    const toldChoice = choiceOf(told);
    if (!toldChoice) return 'untold';
    if (showsStop(toldChoice, stop)) return 'stop_in_logprobs';
    return !endedByModel(toldChoice) && (await this.#showsEnd(chat, { ...greedy, ...asLogprobs })) ? 'end_in_logprobs' : 'untold';
  }

  /** Whether the first answer that ends by itself shows its end in the log-probabilities. */
  async #showsEnd(chat: boolean, more: Body): Promise<boolean> {
    for (const question of ['Reply with the single word yes.', 'What is the capital of France?', 'Say hello.']) {
      const choice = choiceOf(await this.#greedless(chat, more, question, LONG));
      if (choice && endOf(choice) === 'stop') return endedByModel(choice);
    }
    return false;
  }
}

const choiceOf = (tried: Tried): Choice | undefined => (tried.ok ? [...tried.answers.choices.values()][0] : undefined);
const textOf = (tried: Tried): string | undefined => choiceOf(tried)?.text;
