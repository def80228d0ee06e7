import { WinnowError } from '../../../schemas/errors.ts';
import { retrying } from '../retry.ts';
import { Answers } from './answers.ts';
import type { Asked } from './body.ts';
import { serverEvents } from './events.ts';
import type { Refused } from './refusal.ts';
import { failureInside, mayTryAgain, refusalOf } from './refusal.ts';

/** Where requests go and with what. */
export interface Server {
  /** Where its routes begin, without a slash at the end. */
  readonly url: string;
  readonly key: string | undefined;
  /** Name of the environment variable that holds the key; undefined where none is configured. */
  readonly keyName: string | undefined;
  readonly fetch: typeof fetch;
  readonly idleMs: number;
}

/** What one request brought, as far as it came. */
export interface Reply {
  readonly answers: Answers;
  readonly streamed: boolean;
  /** Why it is not whole; undefined where it is. */
  readonly cut: 'deadline' | 'broken' | undefined;
}

export interface Until {
  /** The caller's: the request is ended there too, and nothing of it is kept. */
  readonly signal: AbortSignal;
  /** The time of the work: what has come until then is kept. */
  readonly deadline: AbortSignal;
}

const MAX_BODY = 64 * 1024 * 1024; // characters

/**
 * Sends one request and reads its answer, streamed or not, whichever comes. A stream that is cut gives what came.
 *
 * @param progress  shown the answers after every event of a stream
 * @throws WinnowError where nothing came: refused, unreachable, cut off
 */
export async function ask(
  server: Server,
  asked: Asked,
  of: Refused,
  alternatives: number,
  until: Until,
  progress: (answers: Answers) => void = () => {},
): Promise<Reply> {
  const idle = new Idle(asked.streamed ? server.idleMs : undefined);
  const signal = AbortSignal.any([until.signal, until.deadline, idle.signal]);
  const answers = new Answers(alternatives);
  try {
    const response = await opened(server, asked, of, signal);
    const streamed = response.headers.get('content-type')?.includes('text/event-stream') ?? false;
    if (!streamed) {
      addAnswer(answers, JSON.parse(await bodyText(response)), of);
      return { answers, streamed, cut: undefined };
    }
    const whole = await readStream(response, answers, of, idle, progress);
    return { answers, streamed, cut: whole ? undefined : 'broken' };
  } catch (failure) {
    if (!until.signal.aborted && answers.began)
      return { answers, streamed: true, cut: until.deadline.aborted ? 'deadline' : 'broken' };
    throw asFailure(failure, until, idle, asked.streamed);
  } finally {
    idle.stop();
  }
}

/** The answer's head. What may be sent again is; nothing that may have made the server work is. */
async function opened(server: Server, asked: Asked, of: Refused, signal: AbortSignal): Promise<Response> {
  const result = await retrying(signal, async () => {
    try {
      return await attempt(server, asked, of, signal);
    } catch (failure) {
      if (failure instanceof WinnowError && failure.mayHaveSpent) return failure;
      throw failure;
    }
  });
  if (result instanceof WinnowError) throw result;
  return result;
}

/** One try. What is not to be tried again is returned; what may be is thrown, as `retrying` wants it. */
async function attempt(
  server: Server,
  { path, body, streamed }: Asked,
  of: Refused,
  signal: AbortSignal,
): Promise<Response | WinnowError> {
  const response = await post(server, path, body, signal, streamed);
  if (response.ok) return response;
  const { status } = response;
  const refusal = await refusalOf(response, of);
  const worked = !streamed && status >= 500 && status !== 503; // a stream begins before the work does
  if (worked) return new WinnowError(refusal.code, refusal.message, { mayHaveSpent: true });
  const noCredit = status === 429 && refusal.code !== 'rate_limit_exceeded';
  if (mayTryAgain(status) && !noCredit) throw refusal;
  return refusal;
}

/** One request. A redirect is never followed: the key would go along. */
export async function post(
  { url, key, fetch }: Server,
  path: string,
  body: unknown,
  signal: AbortSignal,
  streamed = false,
): Promise<Response> {
  const headers: Record<string, string> = { accept: streamed ? 'text/event-stream, application/json' : 'application/json' };
  if (key) headers.authorization = `Bearer ${key}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const method = body === undefined ? 'GET' : 'POST';
  const init = {
    method,
    headers,
    signal,
    redirect: 'manual' as const,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  try {
    return await fetch(`${url}${path}`, init);
  } catch (failure) {
    if (signal.aborted) throw failure;
    const refused = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(String((failure as { cause?: { code?: unknown } }).cause?.code));
    const lost = method === 'POST' && !streamed && !refused; // it may work on, and nobody would hear of it
    if (lost)
      throw new WinnowError('backend_error', 'The connection to the server of this policy broke off.', {
        cause: failure,
        mayHaveSpent: true,
      });
    throw new WinnowError('backend_unreachable', 'The server of this policy cannot be reached. Is it running?', {
      cause: failure,
    });
  }
}

/** Reads events until the last one. False where the stream ended without its end. */
async function readStream(
  response: Response,
  answers: Answers,
  of: Refused,
  idle: Idle,
  progress: (answers: Answers) => void,
): Promise<boolean> {
  idle.heard();
  for await (const { field, text } of serverEvents(response.body, () => idle.heard())) {
    if (text.trim() === '[DONE]') return true;
    if (text.trim() === '') continue;
    const json: unknown = JSON.parse(text);
    if (field === 'error') throw failureInside({ error: json }, of);
    addAnswer(answers, json, of);
    progress(answers);
  }
  return answers.choices.size > 0 && answers.ended === answers.choices.size; // some servers send no [DONE]
}

function addAnswer(answers: Answers, json: unknown, of: Refused): void {
  const { choices, error, usage } = (json ?? {}) as { choices?: unknown; error?: unknown; usage?: unknown };
  const failed = (error !== undefined && error !== null) || (choices === undefined && usage === undefined);
  if (failed) throw failureInside(json, of);
  answers.add(json);
}

async function bodyText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_BODY) throw new Error(`A body has more than ${MAX_BODY} characters.`);
  }
  return text + decoder.decode();
}

function asFailure(failure: unknown, { signal, deadline }: Until, idle: Idle, streamed: boolean): unknown {
  const broke = (code: 'deadline_exceeded' | 'backend_error', message: string) =>
    new WinnowError(code, message, { cause: failure, mayHaveSpent: true });
  if (signal.aborted || deadline.aborted) return broke('deadline_exceeded', 'The server of this policy did not answer in time.');
  if (failure instanceof WinnowError) return failure;
  if (idle.signal.aborted) return broke('backend_error', 'The server of this policy fell silent in the middle of its answer.');
  const what = streamed
    ? 'broke off in the middle of its answer, or answered what is no event of a completion'
    : 'answered what is no completion';
  return broke('backend_error', `The server of this policy ${what}.`);
}

/** Aborts its signal when nothing was heard for `ms`; never where that is undefined. */
class Idle {
  readonly #controller = new AbortController();
  readonly #ms: number | undefined;
  #forget: () => void = () => {};

  constructor(ms: number | undefined) {
    this.#ms = ms;
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#forget();
    if (this.#ms === undefined) return;
    const timer = setTimeout(() => this.#controller.abort(), this.#ms);
    this.#forget = () => clearTimeout(timer);
  }

  stop(): void {
    this.#forget();
  }
}
