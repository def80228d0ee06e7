import { z } from 'zod';
import { selectionReport } from './run.ts';

/** POST /v1/select: no model runs. */
export const selectRequest = <Selection extends z.ZodType>(selection: Selection) =>
  z.strictObject({
    candidates: z
      .array(
        z.strictObject({
          text: z.string(),
          scores: z.record(z.string(), z.number().nullable()).optional().describe('By name; null is a score that failed.'),
          tokens: z.int().min(0).optional(),
          logprob: z.number().optional(),
        }),
      )
      .max(10_000),
    selection: selection.optional(),
    model: z.string().min(1).optional().describe('A policy: whose answers are read out of the texts.'),
  });

export const selectAnswer = z.strictObject({
  object: z.literal('winnow.selection'),
  choice: z.strictObject({ index: z.int(), text: z.string(), answer: z.string().nullable() }),
  ranking: z.array(z.int()),
  clusters: z.array(z.strictObject({ answer: z.string(), members: z.array(z.int()), weight: z.number() })).optional(),
  selection: selectionReport,
});
