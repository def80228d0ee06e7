import { z } from 'zod';
import { messages, runReport, scalingMembers, strategyMembers } from './run.ts';
import { maxTokens, minP, seed, stop, temperature, topK, topLogprobs, topP } from './sampling.ts';
import { usage } from './usage.ts';

export const refused = (allowed: (value: unknown) => boolean, error: string) =>
  z
    .unknown()
    .refine((value) => value === undefined || value === null || allowed(value), { params: { code: 'unsupported_value' }, error });

export const penalty = refused((value) => value === 0, 'Penalties are not served. Served: 0.').optional();

/** Members that change no answer here: taken without a word, as OpenAI's own servers do. */
export const harmless = [
  'user',
  'metadata',
  'store',
  'service_tier',
  'parallel_tool_calls',
  'reasoning_effort',
  'prompt_cache_key',
  'safety_identifier',
  'verbosity',
  'prediction',
] as const;

/** POST /v1/chat/completions: OpenAI's request, with `winnow` to turn scaling on. Loose at the top, strict inside `winnow`. */
export const chatRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.looseObject({
    model: z.string().min(1).nullish().describe('A policy or a recipe, or POLICY@STRATEGY[:INTEGER].'),
    messages,
    max_completion_tokens: maxTokens.nullish().describe('Wins over max_tokens.'),
    max_tokens: maxTokens.nullish(),
    n: z.int().min(1).max(128).nullish().describe('How many answers come back, the best first.'),
    temperature: temperature.nullish(),
    top_p: topP.nullish(),
    top_k: topK.nullish(),
    min_p: minP.nullish(),
    stop: stop.nullish(),
    seed: seed.nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: topLogprobs.nullish().describe('Needs logprobs: true.'),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish().describe('Needs stream: true.'),
    frequency_penalty: penalty,
    presence_penalty: penalty,
    logit_bias: refused(
      (value) => typeof value === 'object' && Object.keys(value as object).length === 0,
      'logit_bias is not served.',
    ).optional(),
    response_format: refused(
      (value) => (value as { type?: unknown }).type === 'text',
      'Only response_format {"type": "text"} is served.',
    ).optional(),
    modalities: refused(
      (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
      'Only modalities ["text"] is served.',
    ).optional(),
    tools: refused((value) => Array.isArray(value) && value.length === 0, 'Tools are not served.').optional(),
    tool_choice: refused((value) => value === 'none', 'Tools are not served. Served: "none".').optional(),
    functions: refused((value) => Array.isArray(value) && value.length === 0, 'Functions are not served.').optional(),
    function_call: refused((value) => value === 'none', 'Functions are not served. Served: "none".').optional(),
    winnow: z
      .strictObject({ ...strategyMembers, ...scalingMembers(selection) })
      .nullish()
      .describe('Turns scaling on: {} is best_of_n with its defaults.'),
  });

const topLogprob = z.strictObject({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });

export const chatLogprobs = z.strictObject({
  content: z.array(topLogprob.extend({ top_logprobs: z.array(topLogprob) })),
  refusal: z.null(),
});

const chatFinish = z.enum(['stop', 'length']);

export const chatAnswer = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      message: z.strictObject({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: chatFinish,
    }),
  ),
  usage,
  system_fingerprint: z.string().nullable(),
  winnow: z
    .union([runReport, z.strictObject({ warnings: z.array(z.string()) })])
    .optional()
    .describe('The account of the run; without scaling only warnings, where there are any.'),
});
export type ChatAnswer = z.infer<typeof chatAnswer>;
