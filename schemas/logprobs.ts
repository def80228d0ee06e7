/** `POST /logprobs` of a backend: what a policy says of texts that are given, for rewards made of likelihoods. */
import { z } from 'zod';
import { answeredBy, generateUsage, prompt } from './backend.ts';
import { tokenLogprob } from './candidate.ts';
import { topLogprobs } from './sampling.ts';

const text = z.string().max(4_194_304);
const spelling = z.string().min(1).max(256);

export const logprobsRequest = z.strictObject({
  model: z.string(),
  prompt,
  continuations: z
    .array(
      z.strictObject({
        id: z.string().max(4096),
        text,
        tokens: z.array(z.int().min(0)).max(1_048_576).optional().describe('Ids of that text; they win over `text`.'),
        steps: z
          .array(text)
          .max(65_536)
          .optional()
          .describe('The text cut into parts, whose ends among its tokens are told. They join to `text`.'),
      }),
    )
    .min(1)
    .max(16_384)
    .describe('Texts after the prompt. An empty one is asked for its `answers` alone.'),
  top_logprobs: topLogprobs.default(0),
  entropy: z.boolean().default(false).describe('Entropy in nats of the distribution that each token was chosen from.'),
  self_certainty: z
    .boolean()
    .optional()
    .describe('Mean over the whole vocabulary of the divergence of that distribution from the uniform one (methods A.9).'),
  answers: z
    .array(z.union([spelling, z.int().min(0), z.array(spelling).min(1).max(16)]))
    .max(1024)
    .default([])
    .describe(
      'Next tokens after each text, as text of one token or as ids, whose probabilities are wanted. A list is one answer in several spellings: those of one token count, together.',
    ),
  priority: z.int().min(-1000).max(1000).optional(),
  deadline_ms: z.int().min(1),
});
export type LogprobsRequest = z.infer<typeof logprobsRequest>;

export const measuredToken = tokenLogprob.extend({
  entropy: z.number().min(0).optional(),
  self_certainty: z
    .number()
    .min(0)
    .optional()
    .describe('KL(uniform || p) in nats; absent where a token of the vocabulary is impossible, since it is then infinite.'),
});

export const measuredContinuation = z.union([
  z.looseObject({
    id: z.string(),
    ok: z.literal(true),
    logprob: z.number().describe('Sum over the tokens of the text, in nats, untempered.'),
    tokens: z.array(z.int().min(0)),
    logprobs: z.array(measuredToken).describe('One for each token of the text.'),
    step_ends: z
      .array(z.int().min(0))
      .optional()
      .describe('For each of `steps`: tokens up to its end. Absent where the tokens do not read as the text.'),
    step_starts: z
      .array(z.int().min(0))
      .optional()
      .describe('For each of `steps`: tokens before it. One less than the end before it where a token holds characters of both.'),
    answers: z
      .array(
        z.strictObject({
          token: z.int().min(0).describe('Of several spellings the first that is one token.'),
          logprob: z.number().describe('Of the whole vocabulary, in nats.'),
          share: z.number().min(0).max(1).describe('Probability among the answers alone: they sum to 1.'),
        }),
      )
      .describe('In the order asked for.'),
  }),
  z.looseObject({ id: z.string(), ok: z.literal(false), reason: z.string() }),
]);
export type MeasuredContinuation = z.infer<typeof measuredContinuation>;

export const logprobsResponse = z.looseObject({
  results: z.array(measuredContinuation),
  fingerprint: answeredBy,
  usage: generateUsage,
});
export type LogprobsResponse = z.infer<typeof logprobsResponse>;
