import { z } from 'zod';
import { calibration } from './rewards/calibration.ts';
import { weight } from './rewards/weighted.ts';

/** A reward in a request: its name, or its name with what its kind lets a request say of it. */
export const rewardUse = z.union([
  z.string().min(1),
  z.looseObject({
    name: z.string().min(1).describe('Name of a reward in the config.'),
    weight: weight
      .optional()
      .describe('Its part in the score `combined`, which then decides; negative for a penalty (methods B.3). 1 where absent.'),
    shaping: calibration
      .optional()
      .describe(
        'Its map into the score `combined` (methods B.2). Where absent: none for a probability; else zscore, or sigmoid of a logit where candidates are scored one by one.',
      ),
  }),
]);
export type RewardUse = z.infer<typeof rewardUse>;

export const rewardsField = z
  .array(rewardUse)
  .max(16)
  .describe(
    "Score completed candidates; decide selection. Several, or one with a weight or a shaping, make the score `combined`. Default: the policy's rewards.",
  );

const detail = z.record(z.string(), z.unknown()).describe('What it was made of: votes, parts, disagreement, by kind of reward.');

/** A score in an answer: a finite number, or why there is none. */
export const scoreValue = z.union([
  z.strictObject({
    ok: z.literal(true),
    value: z.number(),
    steps: z.array(z.number().nullable()).optional().describe('One for each step; null for one that was left out.'),
    detail: detail.optional(),
  }),
  z.strictObject({ ok: z.literal(false), reason: z.string(), detail: detail.optional() }),
]);
export const scoresByReward = z.record(z.string(), scoreValue);
