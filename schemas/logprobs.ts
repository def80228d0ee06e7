/** `POST /logprobs` of a backend: what a policy says of texts that are given, for rewards made of likelihoods. */
import { z } from 'zod';
import { generateUsage, prompt } from './backend.ts';
import { tokenLogprob } from './candidate.ts';
import { topLogprobs } from './sampling.ts';

const text = z.string().max(4_194_304);

export const logprobsRequest = z.strictObject({
  model: z.string(),
  prompt,
  continuations: z
    .array(
      z.strictObject({
        id: z.string().max(4096),
        text,
        tokens: z.array(z.int().min(0)).max(1_048_576).optional().describe('Ids of that text; they win over `text`.'),
      }),
    )
    .min(1)
    .max(16_384)
    .describe('Texts after the prompt. An empty one is asked for its `answers` alone.'),
  top_logprobs: topLogprobs.default(0),
  entropy: z.boolean().default(false).describe('Entropy in nats of the distribution that each token was chosen from.'),
  answers: z
    .array(z.union([z.string().min(1).max(256), z.int().min(0)]))
    .max(1024)
    .default([])
    .describe('Next tokens after each text, as text of one token or as ids, whose probabilities are wanted.'),
  priority: z.int().min(-1000).max(1000).optional(),
  deadline_ms: z.int().min(1),
});
export type LogprobsRequest = z.infer<typeof logprobsRequest>;

export const measuredToken = tokenLogprob.extend({ entropy: z.number().min(0).optional() });

export const measuredContinuation = z.union([
  z.looseObject({
    id: z.string(),
    ok: z.literal(true),
    logprob: z.number().describe('Sum over the tokens of the text, in nats, untempered.'),
    tokens: z.array(z.int().min(0)),
    logprobs: z.array(measuredToken).describe('One for each token of the text.'),
    answers: z
      .array(
        z.strictObject({
          token: z.int().min(0),
          logprob: z.number().describe('Of the whole vocabulary, in nats.'),
          share: z.number().min(0).max(1).describe('Probability among the answers alone: they sum to 1.'),
        }),
      )
      .describe('In the order asked for.'),
  }),
  z.looseObject({ id: z.string(), ok: z.literal(false), reason: z.string() }),
]);
export type MeasuredContinuation = z.infer<typeof measuredContinuation>;

export const logprobsResponse = z.looseObject({ results: z.array(measuredContinuation), usage: generateUsage });
export type LogprobsResponse = z.infer<typeof logprobsResponse>;
