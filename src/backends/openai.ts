import { z } from 'zod';
import type { BackendModel } from '../../schemas/backend.ts';
import type { OpenAiConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import { continues, refuseLacking } from './openai/abilities.ts';
import type { Server } from './openai/call.ts';
import { post } from './openai/call.ts';
import { generate } from './openai/generate.ts';
import type { Learned } from './openai/learned.ts';
import { refusalOf } from './openai/refusal.ts';
import type { BackendPort } from './port.ts';

export interface OpenAiOptions {
  readonly config: OpenAiConfig;
  /** The key itself; undefined where the config names none, or its variable is not set. */
  readonly key: string | undefined;
  /** What was learnt of this server before. */
  readonly learned: Learned;
  readonly fetch: typeof fetch;
}

const modelList = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      max_model_len: z.int().nullish().describe('vLLM, SGLang.'),
      meta: z.looseObject({ n_ctx: z.int().nullish() }).nullish().describe('llama.cpp.'),
    }),
  ),
});

/** A server of others that speaks OpenAI's /chat/completions or /completions, as a policy. */
export function openai({ config, key, learned, fetch }: OpenAiOptions): BackendPort {
  const url = config.url.replace(/\/+$/, '');
  const server: Server = { url, key, keyName: config.key, fetch, idleMs: config.idle_ms };
  return {
    continues: (prompt) => continues(config, prompt),
    generate(request, signal) {
      const { prompt, sampling, top_logprobs: topLogprobs, prefixes, until, step } = request;
      const continuation = prefixes.some(({ text }) => text !== '');
      refuseLacking(
        config,
        { prompt, sampling, topLogprobs, continuation, steps: until === 'step' ? step : undefined },
        (param) => param,
      );
      return generate(server, config, learned, request, signal);
    },
    score() {
      throw new WinnowError(
        'capability_missing',
        'A backend of kind openai writes and does not score. Give the reward a backend of another kind in winnow.config.json.',
        { param: 'rewards' },
      );
    },
    models: (signal) => models(server, config, signal),
    ready: (signal) => ready(server, signal),
  };
}

async function models(server: Server, config: OpenAiConfig, signal: AbortSignal): Promise<readonly BackendModel[]> {
  const response = await post(server, '/models', undefined, signal);
  if (!response.ok)
    throw await refusalOf(response, {
      prompt: { text: ' ' },
      model: '',
      path: '/models',
      keyName: server.keyName,
      key: server.key,
    });
  const list = modelList.safeParse(await response.json().catch(() => undefined));
  if (!list.success) throw new WinnowError('backend_error', 'The server of this policy answered no list of models.');
  return list.data.data.map(({ id, max_model_len: length, meta }) => ({
    name: id,
    kind: 'policy',
    context: length ?? meta?.n_ctx ?? 0,
    chat_template: config.api !== 'completions',
    fingerprint: id,
  }));
}

/** Whether it answers for its models. A server that has no such route is there all the same; one that refuses the key is not. */
async function ready(server: Server, signal: AbortSignal): Promise<boolean> {
  try {
    const { ok, status, body } = await post(server, '/models', undefined, signal);
    await body?.cancel();
    return ok || status === 404 || status === 405;
  } catch {
    return false; // whatever it failed of, it would not serve a request
  }
}
