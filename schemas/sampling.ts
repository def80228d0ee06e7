import { z } from 'zod';

/** Ranges of the sampling parameters, shared by the native routes, chat, the config and the backend. */
export const temperature = z.number().min(0).max(2).describe('Softmax temperature; 0 is greedy.');
export const topP = z
  .number()
  .gt(0)
  .max(1)
  .describe('Smallest set of tokens whose probabilities sum to at least this; 1 is off.');
export const topK = z.int().min(0).max(1_000_000).describe('Only the k most probable tokens; 0 is off.');
export const minP = z
  .number()
  .min(0)
  .max(1)
  .describe('Only tokens at least this fraction as probable as the most probable one; 0 is off.');
export const maxTokens = z.int().min(1).max(1_048_576).describe('Tokens that one candidate may have, its end token included.');
export const stop = z
  .union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(16)])
  .describe('Strings that end a candidate; left out of its text, counted in its tokens.');
export const seed = z.int().describe('With the same seed a request repeats; one is drawn, and told, where none is given.');
export const topLogprobs = z
  .int()
  .min(0)
  .max(20)
  .describe('Log-probabilities of the sampled tokens and of this many alternatives.');

/** `sampling` of a native request. */
export const sampling = z.strictObject({
  temperature: temperature.optional(),
  top_p: topP.optional(),
  top_k: topK.optional(),
  min_p: minP.optional(),
  max_tokens: maxTokens.optional(),
  stop: stop.optional(),
  seed: seed.optional(),
  logprobs: topLogprobs.optional(),
});
export type SamplingRequest = z.infer<typeof sampling>;

/** Sampling with every default filled in: what travels to a backend. */
export const fullSampling = z.strictObject({
  temperature,
  top_p: topP,
  top_k: topK,
  min_p: minP,
  max_tokens: maxTokens,
  stop: z.array(z.string().min(1).max(256)).max(16),
});
export type Sampling = z.infer<typeof fullSampling>;
