/** The adapter over a fetch of a test's own, and what it gives. */
import type { CandidateLine, GenerateLine, GenerateRequest } from '../../schemas/backend.ts';
import { backendConfig, type OpenAiConfig } from '../../schemas/config.ts';
import type { Learned } from '../../src/backends/openai/learned.ts';
import { openai } from '../../src/backends/openai.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import { collect } from './collect.ts';

export const KEY = 'sk-secret-of-the-test';
export const never = new AbortController().signal;

export function configOf(more: Partial<OpenAiConfig> = {}): OpenAiConfig {
  const config = backendConfig.parse({ kind: 'openai', url: 'http://server/v1', n: false, api: 'both', ...more });
  if (config.kind !== 'openai') throw new Error('It is of kind openai.');
  return config;
}

export interface Wished {
  readonly config?: Partial<OpenAiConfig>;
  readonly key?: string | undefined;
  readonly learned?: Learned;
}

export function portOver(
  fetch: (url: string, init: RequestInit) => Response | Promise<Response>,
  wished: Wished = {},
): BackendPort {
  const { config, key, learned = {} } = wished;
  return openai({ config: configOf(config), key, learned, fetch: async (url, init) => fetch(String(url), init ?? {}) });
}

/** A request for whole answers to one message; `more` may say anything else. */
export function requestOf(more: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    key: 'run:1:0',
    model: 'served',
    prompt: { messages: [{ role: 'user', content: 'Say something.' }] },
    prefixes: [prefixOf()],
    until: 'end',
    step: { delimiter: '\n', max_tokens: 16 },
    sampling: { temperature: 1, top_p: 1, top_k: 0, min_p: 0, max_tokens: 32, stop: [] },
    seed: 7,
    deadline_ms: 60_000,
    ...more,
  };
}

export const prefixOf = (more: Partial<GenerateRequest['prefixes'][number]> = {}): GenerateRequest['prefixes'][number] => ({
  id: '0',
  text: '',
  count: 1,
  first_child: 0,
  max_tokens: 32,
  ...more,
});

export const linesOf = (port: BackendPort, request: GenerateRequest, signal = never): Promise<GenerateLine[]> =>
  collect({ [Symbol.asyncIterator]: () => port.generate(request, signal)[Symbol.asyncIterator]() });

export const candidates = (lines: readonly GenerateLine[]): CandidateLine[] =>
  lines.filter((line): line is CandidateLine => line.type === 'candidate').sort((a, b) => (a.id < b.id ? -1 : 1));

export const usageOf = (lines: readonly GenerateLine[]) => {
  const done = lines.at(-1);
  return done?.type === 'done' ? done.usage : undefined;
};

/** An answer of chat that is not streamed. */
export const chatAnswer = (choices: readonly object[], more: object = {}): Response =>
  Response.json({ choices, usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }, ...more });

/** Events as they are: strings go as they are, else as `data` in JSON. */
export function events(...parts: readonly (string | object)[]): Response {
  const text = parts.map((part) => (typeof part === 'string' ? part : `data: ${JSON.stringify(part)}\n\n`)).join('');
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}
export const DONE = 'data: [DONE]\n\n';
export const delta = (content: string | null, more: object = {}) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: null, ...more }],
});
export const end = (finish_reason: string | null = 'stop', more: object = {}) => ({
  choices: [{ index: 0, delta: {}, finish_reason, ...more }],
});
export const usage = (completion_tokens: number, prompt_tokens = 5) => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
});
