import { z } from 'zod';
import { calibration } from './calibration.ts';
import { memberName } from './member.ts';

const into = calibration
  .optional()
  .describe('Into 0 to 1; default none for a probability, sigmoid for a logit, its bounds where it has both.');

/** A soft judge that is believed as far as it agrees with the outcome (methods B.9). */
export const trusted = z.strictObject({
  kind: z.literal('trusted').describe('An outcome reward, and a soft judge as far as it can be trusted beside it.'),
  outcome: memberName.describe('From 0 (wrong) to 1 (right).'),
  judge: memberName.describe('From 0 to 1: how good the candidate is beside its outcome.'),
  outcome_calibration: into,
  judge_calibration: into,
  alpha: z.number().min(0).max(1).default(0.3).describe('Weight of a judge that is trusted (methods B.9).'),
  estimate: z
    .strictObject({ right: z.number().min(0).max(1), wrong: z.number().min(0).max(1) })
    .optional()
    .describe(
      "The judge's mean of right and of wrong candidates, measured: for a set that is all right or all wrong. Trusted where absent.",
    ),
});
