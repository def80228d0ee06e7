import { z } from 'zod';
import { tokenLogprob } from './candidate.ts';
import { answerReason, messages, prompt, reference, selectionReport } from './run.ts';
import { seed } from './sampling.ts';
import { account, usage } from './usage.ts';

/** POST /v1/select: no model runs, but for a rule that asks a judge or an embedding reward. */
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
    reference: reference.optional(),
    seed: seed.optional().describe('Of rules that draw; 0 where absent.'),
    model: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A policy: whose answers are read out of the texts, and who judges where the rule names nobody. Of a recipe the rule is the default.',
      ),
  });

export const selectAnswer = z.strictObject({
  object: z.literal('winnow.selection'),
  choice: z.strictObject({
    index: z.int(),
    text: z.string(),
    answer: z.string().nullable(),
    answer_reason: answerReason.optional(),
  }),
  ranking: z.array(z.int()),
  clusters: z.array(z.strictObject({ answer: z.string(), members: z.array(z.int()), weight: z.number() })).optional(),
  unread: z
    .array(z.strictObject({ index: z.int(), answer_reason: answerReason }))
    .optional()
    .describe('Candidates out of which no answer was read, and why; where the policy or the rule reads answers.'),
  selection: selectionReport.describe('In `detail` candidate i goes by the id 0.i.'),
  usage: usage.optional().describe('Where a model was asked; the account and the warnings too.'),
  account: account.optional(),
  warnings: z.array(z.string()).optional(),
});
