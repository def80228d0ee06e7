import { z } from 'zod';
import { reduction } from './config.ts';

const later = (what: string) =>
  z
    .unknown()
    .refine((value) => value === undefined, {
      params: { code: 'unsupported_value' },
      error: `${what} is not served yet. Served: name, reduction.`,
    })
    .optional();

/** A reward in a request: its name, or its name and how it is read here. */
export const rewardUse = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1).describe('Name of a reward in the config.'),
    reduction: reduction.optional().describe('How the step scores of a process reward become one (methods B.7).'),
    weight: later('A weight'),
    shaping: later('Shaping'),
  }),
]);
export type RewardUse = z.infer<typeof rewardUse>;

export const rewardsField = z
  .array(rewardUse)
  .max(16)
  .describe("Score completed candidates; decide selection. Default: the policy's rewards.");

/** A score in an answer: a finite number, or why there is none. */
export const scoreValue = z.union([
  z.strictObject({ ok: z.literal(true), value: z.number(), steps: z.array(z.number()).optional() }),
  z.strictObject({ ok: z.literal(false), reason: z.string() }),
]);
export const scoresByReward = z.record(z.string(), scoreValue);
