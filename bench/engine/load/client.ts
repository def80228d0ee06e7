/** One client of /v1/completions: what it asks, what comes back, and when. */

export interface Ask {
  readonly prompt: readonly number[] | readonly (readonly number[])[];
  readonly max_tokens: number;
  readonly n?: number;
  readonly seed?: number;
  readonly stream?: boolean;
  readonly [member: string]: unknown;
}

export interface Answered {
  readonly status: number;
  /** New tokens. */
  readonly tokens: number;
  readonly promptTokens: number;
  /** From the request to the end of the answer. */
  readonly ms: number;
  /** From the request to the first token; null where it was not streamed. */
  readonly firstMs: number | null;
  /** All that was said. */
  readonly text: string;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** Asks and waits for the end. @throws what `fetch` throws: a connection that broke, a signal that was aborted */
export async function complete(url: string, ask: Ask, signal?: AbortSignal): Promise<Answered> {
  const began = performance.now();
  const options = ask.stream ? { stream_options: { include_usage: true } } : {};
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...ask, ...options }),
    ...(signal ? { signal } : {}),
  });
  const { text, firstMs } = await read(response, ask.stream === true, began);
  const ms = performance.now() - began;
  const usage = response.ok ? usageOf(text, ask.stream === true) : { prompt_tokens: 0, completion_tokens: 0 };
  return { status: response.status, tokens: usage.completion_tokens, promptTokens: usage.prompt_tokens, ms, firstMs, text };
}

async function read(response: Response, streamed: boolean, began: number): Promise<{ text: string; firstMs: number | null }> {
  if (!streamed) return { text: await response.text(), firstMs: null };
  const decoder = new TextDecoder();
  let text = '';
  let firstMs: number | null = null;
  for await (const chunk of response.body ?? []) {
    firstMs ??= performance.now() - began;
    text += decoder.decode(chunk, { stream: true });
  }
  return { text, firstMs };
}

/** @throws Error where a stream broke off, or an answer has no usage */
function usageOf(text: string, streamed: boolean): Usage {
  if (!streamed) return (JSON.parse(text) as { usage: Usage }).usage;
  const events = text.split('\n\n').filter((event) => event.startsWith('data: '));
  if (events.at(-1) !== 'data: [DONE]') throw new Error(`A stream ended without [DONE]: ${text.slice(-300)}`);
  return (JSON.parse(events.at(-2)!.slice('data: '.length)) as { usage: Usage }).usage;
}

/** Ids that this model writes, to make prompts of: it is asked for them. */
export async function vocabularyOf(url: string, tokens: number): Promise<number[]> {
  const models = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string; max_model_len: number }[] };
  const context = models.data.find(({ id }) => id === 'policy')!.max_model_len;
  const each = Math.min(64, Math.floor(context / 2));
  const ids: number[] = [];
  for (let seed = 0; ids.length < tokens; seed++) {
    const body = { prompt: '1', max_tokens: each, n: 16, temperature: 2, ignore_eos: true, return_token_ids: true, seed };
    const response = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`No ids to make prompts of: ${await response.text()}`);
    for (const { token_ids } of ((await response.json()) as { choices: { token_ids: number[] }[] }).choices)
      ids.push(...token_ids);
  }
  return ids;
}
