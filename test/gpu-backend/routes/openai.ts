/** The official client against the shipped models, and what its answers come to. */
import OpenAI from 'openai';
import type { Backend } from '../../../gpu-backend/backend.ts';

export const POLICY = 'puzzle-policy';
export const QUESTION = 'Use 3, 7, 12, 20 to make 45.';

export const client = (backend: Backend): OpenAI => new OpenAI({ baseURL: `${backend.url}/v1`, apiKey: 'unused', maxRetries: 0 });

/** A body with members that the client's types do not have. */
export const withExtras = <Body>(body: Body & Record<string, unknown>): Body => body;

/** Chunks of a stream, joined as a client would: what each index comes to. */
export interface Joined {
  text: string;
  tokens: string[];
  offsets: number[];
  ids: number[];
  finish: string | null;
  stopReason: unknown;
}

type ChatChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

export function joinChat(chunks: readonly ChatChunk[]): Joined[] {
  const joined: Joined[] = [];
  for (const choice of chunks.flatMap(({ choices }) => choices)) {
    const entry = at(joined, choice.index);
    entry.text += choice.delta.content ?? '';
    entry.tokens.push(...(choice.logprobs?.content ?? []).map(({ token, logprob }) => `${token} ${logprob}`));
    end(entry, choice as unknown as Record<string, unknown>);
  }
  return joined;
}

export function joinText(chunks: readonly OpenAI.Completion[]): Joined[] {
  const joined: Joined[] = [];
  for (const choice of chunks.flatMap(({ choices }) => choices)) {
    const entry = at(joined, choice.index);
    entry.text += choice.text;
    entry.tokens.push(
      ...(choice.logprobs?.tokens ?? []).map((token, place) => `${token} ${choice.logprobs!.token_logprobs![place]}`),
    );
    entry.offsets.push(...(choice.logprobs?.text_offset ?? []));
    end(entry, choice as unknown as Record<string, unknown>);
  }
  return joined;
}

function at(joined: Joined[], index: number): Joined {
  joined[index] ??= { text: '', tokens: [], offsets: [], ids: [], finish: null, stopReason: null };
  return joined[index];
}

function end(entry: Joined, { finish_reason, stop_reason, token_ids }: Record<string, unknown>): void {
  entry.ids.push(...((token_ids ?? []) as number[]));
  entry.finish = (finish_reason as string | null) ?? entry.finish;
  entry.stopReason = stop_reason ?? entry.stopReason;
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
