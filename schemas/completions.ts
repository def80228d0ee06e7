/** What a backend alone reads of OpenAI's requests: loose at the top, with vLLM's names for what OpenAI has none for. */
import { z } from 'zod';
import { chatRequest, penalty, refused } from './chat-completions.ts';
import { maxTokens, minP, seed, stop, temperature, topK, topLogprobs, topP } from './sampling.ts';

const PROMPTS = 1024;
const PROMPT_TOKENS = 1_048_576;

/** A text, ids of tokens, or a list of either: OpenAI's four kinds, told apart by the first entry of each list. */
export type CompletionPrompt = string | readonly number[] | readonly string[] | readonly (readonly number[])[];

// checked by hand: a union reads a list of a million ids once a branch, and writes an issue for each
const prompt = z
  .unknown()
  .transform((given, context): CompletionPrompt => {
    const fault = faultOf(given);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault, input: given });
    return given as CompletionPrompt;
  })
  .describe('Raw text, ids of tokens, or a list of either.');

function faultOf(given: unknown): string | null {
  if (typeof given === 'string') return null;
  if (!Array.isArray(given)) return 'A string, a list of ids, or a list of either is allowed.';
  if (given.length === 0) return 'It is an empty list; give it a text or ids of tokens.';
  if (typeof given[0] === 'number') return faultOfIds(given);
  if (given.length > PROMPTS) return `${given.length} prompts were given; at most ${PROMPTS} are allowed.`;
  if (typeof given[0] === 'string')
    return given.every((entry) => typeof entry === 'string') ? null : 'All entries of a list are of one kind.';
  for (const entry of given) {
    const fault = Array.isArray(entry) ? faultOfIds(entry) : 'A list holds strings, ids, or lists of ids.';
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfIds(ids: readonly unknown[]): string | null {
  if (ids.length === 0) return 'A prompt has no ids; give it some.';
  if (ids.length > PROMPT_TOKENS) return `A prompt has ${ids.length} ids; at most ${PROMPT_TOKENS} are allowed.`;
  return ids.every((id) => Number.isSafeInteger(id) && (id as number) >= 0) ? null : 'Ids are whole numbers from 0.';
}

/** Members that would change the answer, with the values at which they do not. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  repetition_penalty: [1],
  length_penalty: [1],
  stop_token_ids: [[]],
  min_tokens: [0],
  min_new_tokens: [0],
  skip_special_tokens: [true],
  truncate_prompt_tokens: [],
  prompt_logprobs: [],
  prompt_embeds: [],
  allowed_token_ids: [],
  logprob_token_ids: [],
  bad_words: [[]],
  use_beam_search: [false],
  structured_outputs: [],
  guided_json: [],
  guided_regex: [],
  guided_choice: [],
  guided_grammar: [],
  thinking_token_budget: [],
  repetition_detection: [],
  logits_processors: [],
  return_tokens_as_token_ids: [false],
  cache_salt: [],
  lora_path: [],
  regex: [],
  ebnf: [],
  json_schema: [],
  stop_regex: [],
  custom_logit_processor: [],
  session_params: [],
  return_hidden_states: [false],
};

const unservedMembers = unserved(neutral);

function unserved(members: Readonly<Record<string, readonly unknown[]>>): { readonly [Name in never]: z.ZodType } {
  return Object.fromEntries(
    Object.entries(members).map(([name, values]) => {
      const allowed = values.map((value) => JSON.stringify(value)).join(', ');
      const served = allowed === '' ? 'Leave it out.' : `Served: ${allowed}.`;
      const isNeutral = (given: unknown) => values.some((value) => (Array.isArray(value) ? isEmpty(given) : given === value));
      return [name, refused(isNeutral, `${name} is not served. ${served}`).optional()];
    }),
  );
}

/** Of a list or an object; nothing is said of what it holds, which may be nested deeper than a stack is. */
const isEmpty = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && (Array.isArray(given) ? given.length === 0 : Object.keys(given).length === 0);

const streamOptions = z.looseObject({
  include_usage: z.boolean().nullish(),
  continuous_usage_stats: refused((value) => value === false, 'continuous_usage_stats is not served. Served: false.').optional(),
});

const count = z.int().min(1).max(128);

/** What both routes read beside OpenAI's own members. */
const extraMembers = {
  include_stop_str_in_output: z.boolean().nullish().describe('Keep the stop string that ended an answer in its text.'),
  no_stop_trim: z.boolean().nullish().describe("SGLang's name of include_stop_str_in_output."),
  ignore_eos: z.boolean().nullish().describe('End tokens are tokens like others: for measurements of a given length.'),
  return_token_ids: z.boolean().nullish().describe('Tell the ids of prompt and answers: token_ids, prompt_token_ids.'),
  priority: z.int().min(-1_000_000).max(1_000_000).nullish().describe('Lower goes first; 0 where absent.'),
  stream_options: streamOptions.nullish().describe('Needs stream: true.'),
};

/** POST /v1/completions of a backend. */
export const completionRequest = z.looseObject({
  ...unservedMembers,
  ...extraMembers,
  model: z.string().min(1).nullish(),
  prompt,
  max_tokens: z
    .union([maxTokens, z.literal(0)])
    .nullish()
    .describe('16 where absent, as at OpenAI.'),
  n: count.nullish().describe('Answers of each prompt; index = prompt x n + answer.'),
  best_of: z.int().nullish(),
  temperature: temperature.nullish(),
  top_p: topP.nullish(),
  top_k: z.union([topK, z.literal(-1)]).nullish(),
  min_p: minP.nullish(),
  stop: stop.nullish(),
  seed: seed.nullish(),
  logprobs: topLogprobs.nullish(),
  echo: z.boolean().nullish().describe('Answer the prompt too, before the new text.'),
  stream: z.boolean().nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  suffix: refused((value) => value === '', 'suffix is not served. Leave it out.').optional(),
  logit_bias: refused(isEmpty, 'logit_bias is not served.').optional(),
  response_format: refused(
    (value) => (value as { type?: unknown }).type === 'text',
    'Only response_format {"type": "text"} is served.',
  ).optional(),
});
export type CompletionRequest = z.infer<typeof completionRequest>;

/** POST /v1/chat/completions of a backend: the edge's, without `winnow`. */
export const backendChatRequest = chatRequest(z.unknown()).extend({
  ...unservedMembers,
  ...extraMembers,
  top_k: z.union([topK, z.literal(-1)]).nullish(),
  best_of: z.int().nullish(),
  continue_final_message: z.boolean().nullish().describe('Go on with the last message, which is the assistant’s.'),
  add_generation_prompt: z.boolean().nullish().describe('Begin a new turn; true where absent.'),
  echo: refused((value) => value === false, 'echo is not served in chat. Served: false.').optional(),
  chat_template: refused(() => false, "chat_template is not served: the model's own is used. Leave it out.").optional(),
  chat_template_kwargs: refused(isEmpty, 'chat_template_kwargs is not served. Served: {}.').optional(),
  documents: refused(isEmpty, 'documents is not served. Leave it out.').optional(),
  input_ids: refused(() => false, 'input_ids is not served in chat. Send ids as the prompt of /v1/completions.').optional(),
  winnow: refused(() => false, 'A backend alone does not scale. Send winnow to the edge, or leave it out.').optional(),
});
export type BackendChatRequest = z.infer<typeof backendChatRequest>;

/** Members beside those of the schemas that change no answer. */
export const harmlessHere = ['request_id', 'rid', 'stream_interval', 'spaces_between_special_tokens'] as const;
