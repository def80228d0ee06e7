import { z } from 'zod';
import { calibration } from './calibration.ts';
import { distinct, member } from './member.ts';

const source = member({
  strength: z.enum(['hard', 'soft']).default('soft').describe('Hard evidence (a verifier, a tool) that is sure decides alone.'),
  weight: z.number().positive().max(1e6).default(1).describe('Among soft evidence.'),
  calibration: calibration
    .optional()
    .describe('Into 0 (against) to 1 (for); default none for a probability, sigmoid for a logit, its bounds where it has both.'),
});

/** Hard and soft evidence of several rewards in one verdict (methods B.13). */
export const evidence = z
  .strictObject({
    kind: z.literal('evidence').describe('Hard and soft evidence of several rewards in one verdict.'),
    members: z.array(source).min(1).max(16),
    form: z
      .enum(['pointwise', 'pairwise'])
      .default('pointwise')
      .describe('A verdict on each candidate, -1 to 1; or on each pair, as a tournament asks for: points, 0 to 1.'),
    tie_below: z.number().min(0).max(1).default(0.1).describe('Soft evidence weaker than this is a tie (methods B.13).'),
  })
  .refine(distinct, {
    path: ['members'],
    error: 'A reward is named twice.',
  });
