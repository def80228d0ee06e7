import { z } from 'zod';
import { modelMembers, normalize } from './reading.ts';

export const beta = z
  .number()
  .min(0.001)
  .max(1)
  .describe('Factor of the log-ratio: that of the training by preferences; 0.01 to 0.5 are usual (methods B.11).');

/** How much more probable a candidate is to a policy than to the policy that it was trained from (methods B.11). */
export const implicitReward = z.strictObject({
  kind: z.literal('implicit').describe('Log-probability by a policy, less that by its reference policy.'),
  ...modelMembers,
  reference_model: z
    .string()
    .describe('The policy that it was trained from, at the same backend. They share tokenizer and template.'),
  beta: beta.default(0.05),
  normalize: normalize.default('none'),
  end_token: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Text of the token that ends an answer, counted as the last token of each. Where absent, texts count alone.'),
});
