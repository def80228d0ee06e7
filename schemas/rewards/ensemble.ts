import { z } from 'zod';
import { calibration } from './calibration.ts';
import { distinct, member } from './member.ts';

export const ensembleRule = z.enum(['mean', 'min', 'median', 'trimmed', 'lcb', 'uwo']);
export type EnsembleRule = z.infer<typeof ensembleRule>;

/** Several rewards of one thing, and one number of their numbers (methods B.1). */
export const ensemble = z
  .strictObject({
    kind: z.literal('ensemble').describe('One number of several rewards that measure the same thing.'),
    members: z
      .array(
        member({
          calibration: calibration.optional().describe('Default: none where all are probabilities after theirs, else zscore.'),
        }),
      )
      .min(1)
      .max(16)
      .describe('Two to eight gain the most. On one scale: each goes through its calibration first.'),
    rule: ensembleRule
      .default('mean')
      .describe('`lcb` is mean - k x deviation, `uwo` mean - lambda x variance; `trimmed` drops the highest and the lowest.'),
    k: z.number().min(0).max(4).default(1).describe('Of `lcb` (methods B.1).'),
    lambda: z.number().min(0).max(4).default(0.5).describe('Of `uwo` (methods B.1).'),
    min_models: z.int().min(1).max(16).optional().describe('Fewer valid scores than this are none; half of the members.'),
  })
  .refine(distinct, { path: ['members'], error: 'A reward is named twice.' })
  .refine(({ members, min_models: least }) => least === undefined || least <= members.length, {
    path: ['min_models'],
    error: '`min_models` is above the number of members.',
  })
  .refine(({ members, rule }) => rule !== 'trimmed' || members.length >= 4, {
    path: ['rule'],
    error: '`trimmed` drops two members: give at least four (methods B.1).',
  });
