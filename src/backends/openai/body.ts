import type { GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import type { Message } from '../../../schemas/message.ts';
import { textsOf } from '../../../schemas/step.ts';
import type { Job } from './job.ts';

/** A request as it goes to the server. */
export interface Asked {
  readonly path: '/chat/completions' | '/completions';
  readonly body: Readonly<Record<string, unknown>>;
  readonly streamed: boolean;
}

const MAX_ALTERNATIVES = 20; // of chat; /completions of OpenAI takes 5, and its refusal says so

/** Whether steps are told apart by log-probabilities: those of a stream lack the last token at llama.cpp, so it is not streamed. */
const readsLogprobs = (request: GenerateRequest, { stop_string: told }: OpenAiConfig): boolean =>
  endTexts(request).length > 0 && (told === 'end_in_logprobs' || told === 'stop_in_logprobs');

/** What a job asks, in the server's dialect. Members that the config adds give way to those of the request. */
export function bodyOf(request: GenerateRequest, job: Job, config: OpenAiConfig): Asked {
  const { sampling, model } = request;
  const accepts = (name: OpenAiConfig['accepts'][number]): boolean => config.accepts.includes(name);
  const streamed = config.stream && !readsLogprobs(request, config);
  const chat = 'messages' in request.prompt;
  const stop = stopStrings(request, config);
  return {
    path: chat ? '/chat/completions' : '/completions',
    streamed,
    body: {
      ...config.extra_body,
      model,
      ...promptOf(request, job, config),
      [chat ? config.limit_name : 'max_tokens']: job.maxTokens,
      temperature: sampling.temperature,
      top_p: sampling.top_p,
      ...(sampling.top_k !== 0 ? { top_k: sampling.top_k } : {}),
      ...(sampling.min_p !== 0 ? { min_p: sampling.min_p } : {}),
      ...(job.ids.length > 1 ? { n: job.ids.length } : {}),
      ...(accepts('seed') ? { seed: job.seed } : {}),
      ...(stop.length > 0 ? { stop } : {}),
      ...keepsStop(request, config),
      ...logprobs(request, config, chat),
      ...(streamed ? { stream: true, stream_options: { include_usage: true } } : {}),
    },
  };
}

/**
 * Where only log-probabilities tell what ends a step from the end of the answer, it is the only stop string: others are
 * looked for in what comes back.
 */
function stopStrings(request: GenerateRequest, config: OpenAiConfig): readonly string[] {
  const { stop } = request.sampling;
  return readsLogprobs(request, config) ? endTexts(request) : [...stop, ...endTexts(request)];
}

/** Texts at which it is to stop, as they end a step: a pattern is looked for in what comes back, tokens are its limit. */
const endTexts = ({ until, step }: GenerateRequest): readonly string[] => (until === 'step' ? textsOf(step) : []);

const keepsStop = (request: GenerateRequest, { stop_string: told }: OpenAiConfig) =>
  endTexts(request).length > 0 && (told === 'include_stop_str_in_output' || told === 'no_stop_trim') ? { [told]: true } : {};

function promptOf({ prompt }: GenerateRequest, { before }: Job, { continuation }: OpenAiConfig) {
  if ('text' in prompt) return { prompt: prompt.text + before };
  if (before === '') return { messages: prompt.messages };
  const begun: Message = { role: 'assistant', content: before };
  const messages = [...prompt.messages, begun];
  // vLLM adds a new turn unless it is told not to; both at once it refuses
  return continuation === 'continue_final_message'
    ? { messages, continue_final_message: true, add_generation_prompt: false }
    : { messages };
}

/** At least one alternative is asked for: llama.cpp takes 0 for no log-probabilities at all. */
function logprobs(request: GenerateRequest, config: OpenAiConfig, chat: boolean) {
  if (request.top_logprobs === undefined && !readsLogprobs(request, config)) return {};
  const top = Math.min(MAX_ALTERNATIVES, Math.max(1, request.top_logprobs ?? 1));
  return chat ? { logprobs: true, top_logprobs: top } : { logprobs: top };
}
