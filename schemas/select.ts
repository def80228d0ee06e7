import { z } from 'zod';
import { tokenLogprob } from './candidate.ts';
import { messages, prompt, selectionReport } from './run.ts';
import { seed } from './sampling.ts';

/** POST /v1/select: no model runs, but for a rule that asks a judge. */
export const selectRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.strictObject({
    candidates: z
      .array(
        z.strictObject({
          text: z.string(),
          scores: z.record(z.string(), z.number().nullable()).optional().describe('By name; null is a score that failed.'),
          tokens: z.int().min(0).optional(),
          logprob: z.number().optional(),
          logprobs: z.array(tokenLogprob).max(1_048_576).optional().describe('One for each token, for rules of confidence.'),
        }),
      )
      .max(10_000),
    selection: selection.optional(),
    messages: messages.optional().describe('What the candidates answer: for rules that ask a judge.'),
    prompt: prompt.optional(),
    seed: seed.optional().describe('Of rules that draw; 0 where absent.'),
    model: z.string().min(1).optional().describe('A policy: whose answers are read out of the texts.'),
  });

export const selectAnswer = z.strictObject({
  object: z.literal('winnow.selection'),
  choice: z.strictObject({ index: z.int(), text: z.string(), answer: z.string().nullable() }),
  ranking: z.array(z.int()),
  clusters: z.array(z.strictObject({ answer: z.string(), members: z.array(z.int()), weight: z.number() })).optional(),
  selection: selectionReport,
});
