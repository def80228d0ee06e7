import { z } from 'zod';
import { calibration } from './calibration.ts';
import { memberName } from './member.ts';

/** A rule and a model in one number (methods B.5). */
export const hybrid = z.strictObject({
  kind: z.literal('hybrid').describe('A rule where it can be trusted, a model beside it where not.'),
  rule: memberName.describe('A reward from 0 (wrong) to 1 (right) that is cheap and sure.'),
  reward: memberName.describe('Asked only where the rule does not decide.'),
  calibration: calibration
    .optional()
    .describe('Of `reward`, into 0 to 1; default none for a probability, sigmoid for a logit, its bounds where it has both.'),
  confidence: z
    .union([z.number().min(0).max(1), memberName])
    .default(1)
    .describe('How sure the rule is: a number from 0 to 1, or a reward that gives it.'),
  threshold: z.number().min(0).max(1).default(0.9).describe('From this confidence on the rule decides alone (methods B.5).'),
  asymmetric: z
    .boolean()
    .default(false)
    .describe('A rule that says no is not heard: it often means a format that it cannot read.'),
});
