/** The running Winnow as the tests call it: plain fetch, and answers checked by the schemas that the wire promises. */
import { expect, inject } from 'vitest';
import { z } from 'zod';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';

export const puzzle = 'Use 3, 7, 12, 20 to make 45.';
export const chain = 'Start with 27, add 56, add 17, multiply by 9.';
/** A prompt as every route takes it. */
export const asked = { messages: [{ role: 'user', content: puzzle }] };

export interface Call {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** Sends `body` as it is where it is a string, else as JSON. */
export function send(path: string, body: unknown, { url = inject('winnow').url, method = 'POST', headers, signal }: Call = {}) {
  return fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
}

export async function read(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const text = await response.text();
  return { status, headers, text, json: parsed(text) };
}

export const post = async (path: string, body: unknown, call: Call = {}): Promise<Answer> => read(await send(path, body, call));
export const get = async (path: string, call: Call = {}): Promise<Answer> =>
  read(await send(path, undefined, { ...call, method: 'GET' }));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body of an answer with status 200, read by its schema. */
export function good<Schema extends z.ZodType>(answer: Answer, schema: Schema): z.output<Schema> {
  expect(answer.status, answer.text).toBe(200);
  return schema.parse(answer.json);
}

/** Runs a strategy over a native route. */
export async function run(path: string, body: object, call: Call = {}): Promise<RunAnswer> {
  return good(await post(path, { ...asked, ...body }, call), runAnswer);
}
export const bestOfN = (body: object = {}, call?: Call) => run('/v1/best-of-n', body, call);
export const search = (body: object = {}, call?: Call) => run('/v1/search', body, call);
export const critiqueRefine = (body: object = {}, call?: Call) => run('/v1/critique-refine', body, call);

const errorBody = z.strictObject({
  error: z.strictObject({ message: z.string().min(1), type: z.string(), param: z.string().nullable(), code: z.string() }),
  usage: z.looseObject({}).optional(),
});
export type ErrorObject = z.infer<typeof errorBody>['error'];

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param?: string | null;
  /** What the message must say: what was given, what is allowed. */
  readonly says?: RegExp | string;
}

/** An OpenAI error object of that status and code, and nothing of ours in it: no stack, no file, no address. */
export function expectRefusal(answer: Answer, { status, code, param, says }: Refusal): ErrorObject {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
  const { error } = errorBody.parse(answer.json);
  expect(error).toMatchObject({
    code,
    type: status === 429 ? 'requests' : status < 500 ? 'invalid_request_error' : 'server_error',
  });
  if (param !== undefined) expect(error.param, answer.text).toBe(param);
  if (says !== undefined) expect(error.message).toMatch(says);
  expectNothingOfOurs(answer.text);
  return error;
}

export function expectNothingOfOurs(text: string): void {
  expect(text).not.toMatch(/\n\s+at |\.ts\b|\.js\b|node_modules|file:|127\.0\.0\.1|localhost|gpu-backend\//);
}

export interface SentEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
  /** What a comment line says; an event that is only a comment has no data. */
  readonly comment: string | undefined;
}

/** Server-sent events of a response as they come. */
export async function* events(response: Response): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield eventOf(block);
  }
  expect(rest, 'what stands after the last event').toBe('');
}

export async function allEvents(response: Response): Promise<SentEvent[]> {
  const all: SentEvent[] = [];
  for await (const event of events(response)) all.push(event);
  return all;
}

function eventOf(block: string): SentEvent {
  const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line) ?? ['', 'malformed', line]);
  const values = (name: string) => fields.filter(([, field]) => field === name).map(([, , value]) => value!);
  expect(values('malformed')).toEqual([]);
  const [event] = values('event');
  const [id] = values('id');
  const comments = values('');
  return { event, id, data: values('data').join('\n'), comment: comments.length > 0 ? comments.join('\n') : undefined };
}

/** Of an answer, what must be the same whenever its request is repeated with its seed. */
export function repeatable(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id: _, created: __, timing: ___, budget, usage, account, ...rest } = answer;
  const { limits, spent } = budget as RunAnswer['budget'];
  const { prompt_tokens_details: ____, ...tokens } = usage as RunAnswer['usage'];
  const { policy, ...parts } = account as RunAnswer['account'];
  // what was computed earlier depends on earlier requests; both together do not
  const computed = { unique: policy.unique, positions: policy.processed! + policy.cached! };
  return { ...rest, limits, spent: { ...spent, time_ms: 0 }, usage: tokens, account: { ...parts, policy: computed } };
}
