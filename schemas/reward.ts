import { z } from 'zod';

/** A reward in a request: its name, or its name with what its kind lets a request say of it. */
export const rewardUse = z.union([
  z.string().min(1),
  z.looseObject({
    name: z.string().min(1).describe('Name of a reward in the config.'),
    weight: z
      .number()
      .optional()
      .describe('Of several rewards, its part in the score that decides; negative for a penalty (methods B.3). 1 where absent.'),
  }),
]);
export type RewardUse = z.infer<typeof rewardUse>;

export const rewardsField = z
  .array(rewardUse)
  .max(16)
  .describe("Score completed candidates; decide selection. Default: the policy's rewards.");

const detail = z.record(z.string(), z.unknown()).describe('What it was made of: votes, parts, disagreement, by kind of reward.');

/** A score in an answer: a finite number, or why there is none. */
export const scoreValue = z.union([
  z.strictObject({
    ok: z.literal(true),
    value: z.number(),
    steps: z.array(z.number()).optional(),
    detail: detail.optional(),
  }),
  z.strictObject({ ok: z.literal(false), reason: z.string(), detail: detail.optional() }),
]);
export const scoresByReward = z.record(z.string(), scoreValue);
