import { z } from 'zod';
import { memberName } from './member.ts';

export const segmentSplit = z.enum(['clause', 'sentence', 'line', 'paragraph', 'step']);
export type SegmentSplit = z.infer<typeof segmentSplit>;
export const segmentReduction = z.enum(['sum', 'mean', 'min']);
export type SegmentReduction = z.infer<typeof segmentReduction>;

/** A reward of each segment of a candidate, and one number of them (methods B.4). */
export const segments = z.strictObject({
  kind: z.literal('segments').describe('A reward of each sentence, clause, line, paragraph or step.'),
  reward: memberName,
  split: segmentSplit.default('sentence').describe("`step` ends at the policy's delimiter."),
  reads: z
    .enum(['up_to', 'alone'])
    .default('up_to')
    .describe('The text up to the end of the segment, as a head at its last token reads it, or the segment alone.'),
  verdict: z
    .strictObject({
      at_least: z.number().default(0).describe('From here on the segment is without error.'),
      positive: z.number().default(1),
      negative: z.number().default(-1),
    })
    .optional()
    .describe('The class that is predicted counts, not its score (methods B.4).'),
  reduction: segmentReduction.default('mean').describe('A sum rewards length; the mean is for selection (methods B.4).'),
});
