import type { SSEStreamingApi } from 'hono/streaming';
import type { ChatAnswer } from '../../schemas/chat-completions.ts';
import type { PieceEvent, ProgressEvent } from '../../schemas/events.ts';
import { ContentLogprobs, chatFinish } from '../requests/chat.ts';
import { httpFailure } from './failure.ts';
import type { Voice } from './stream.ts';

/** The chosen answers as OpenAI chunks, progress before them as comments, `winnow` in the last chunk with a finish reason. */
export function chosenVoice(includeUsage: boolean): Voice<ChatAnswer> {
  return {
    event: async (stream, { name, data }) => {
      await stream.write(`: ${name} ${JSON.stringify(data)}\n\n`);
    },
    result: (stream, answer) => write(stream, [...chunks(answer, includeUsage), '[DONE]']),
    failure: (stream, thrown) => write(stream, [httpFailure(thrown).body]),
  };
}

function* chunks({ choices, usage, winnow, ...rest }: ChatAnswer, includeUsage: boolean) {
  const head = { ...rest, object: 'chat.completion.chunk', ...(includeUsage ? { usage: null } : {}) };
  for (const [place, { index, message, logprobs, finish_reason }] of choices.entries()) {
    const last = place === choices.length - 1;
    yield { ...head, choices: [choice(index, { role: 'assistant', content: '' })] };
    yield { ...head, choices: [choice(index, { content: message.content }, { logprobs })] };
    yield { ...head, choices: [choice(index, {}, { finish_reason })], ...(last && winnow ? { winnow } : {}) };
  }
  if (includeUsage) yield { ...head, choices: [], usage };
}

/** What every chunk of one stream says. */
type Head = Pick<ChatAnswer, 'id' | 'created' | 'model'>;

/** How a request wants its stream. */
export interface Wanted {
  readonly includeUsage: boolean;
  readonly logprobs: boolean;
}

/**
 * Answers as they are written, each index from its role to its finish reason, those of several side by side. What was told
 * is never taken back: an answer that fails on its way reads as one that was cut.
 */
export class WrittenVoice implements Voice<ChatAnswer> {
  readonly #head: object;
  readonly #wanted: Wanted;
  /** By index: those that were told of and have no finish reason yet. */
  readonly #open = new Map<number, ContentLogprobs>();
  readonly #ended = new Set<number>();
  /** A chunk with a finish reason waits for the next one: the last of them carries the warnings. */
  #finish: object | undefined;

  constructor(head: Head, wanted: Wanted) {
    this.#head = {
      ...head,
      object: 'chat.completion.chunk',
      system_fingerprint: null, // the backend says it at its end
      ...(wanted.includeUsage ? { usage: null } : {}),
    };
    this.#wanted = wanted;
  }

  readonly event = async (stream: SSEStreamingApi, { name, data }: ProgressEvent): Promise<void> => {
    if (name === 'piece') await write(stream, [...this.#piece(data)]);
    if (name === 'candidate') await write(stream, [...this.#end(data.index, chatFinish(data.finish_reason))]);
  };

  readonly result = async (stream: SSEStreamingApi, { choices, usage, winnow, ...answer }: ChatAnswer): Promise<void> => {
    const { system_fingerprint } = answer;
    const failed = [...this.#open.keys()].map((index) => ({ index, finish_reason: 'length' as const }));
    const left = [...failed, ...choices].filter(({ index }) => !this.#ended.has(index));
    const chunks = left.flatMap(({ index, finish_reason }) => [...this.#end(index, finish_reason)]);
    const last = { ...this.#finish, system_fingerprint, ...(winnow ? { winnow } : {}) };
    const spent = { ...this.#head, system_fingerprint, choices: [], usage };
    await write(stream, [...chunks, last, ...(this.#wanted.includeUsage ? [spent] : []), '[DONE]']);
  };

  readonly failure = (stream: SSEStreamingApi, thrown: unknown): Promise<void> =>
    write(stream, [...this.#flush(), httpFailure(thrown).body]);

  *#piece({ index, text, logprobs }: PieceEvent): Generator<object> {
    yield* this.#flush();
    yield* this.#begin(index);
    const visible = this.#open.get(index)!.add(text, logprobs);
    if (text === '' && visible.length === 0) return;
    const more = this.#wanted.logprobs ? { logprobs: { content: visible, refusal: null } } : {};
    yield this.#chunk(choice(index, { content: text }, more));
  }

  *#end(index: number, reason: 'stop' | 'length'): Generator<object> {
    yield* this.#flush();
    yield* this.#begin(index);
    this.#open.delete(index);
    this.#ended.add(index);
    this.#finish = this.#chunk(choice(index, {}, { finish_reason: reason }));
  }

  *#begin(index: number): Generator<object> {
    if (this.#open.has(index)) return;
    this.#open.set(index, new ContentLogprobs());
    yield this.#chunk(choice(index, { role: 'assistant', content: '' }));
  }

  *#flush(): Generator<object> {
    if (this.#finish) yield this.#finish;
    this.#finish = undefined;
  }

  #chunk(choice: object): object {
    return { ...this.#head, choices: [choice] };
  }
}

const choice = (index: number, delta: object, more: object = {}) => ({
  index,
  delta,
  logprobs: null,
  finish_reason: null,
  ...more,
});

/** Data of events, written together. */
async function write(stream: SSEStreamingApi, data: readonly (object | '[DONE]')[]): Promise<void> {
  const texts = data.map((one) => (one === '[DONE]' ? one : JSON.stringify(one)));
  if (texts.length > 0) await stream.write(texts.map((text) => `data: ${text}\n\n`).join(''));
}
