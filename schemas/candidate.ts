import { z } from 'zod';

/** How a candidate (or one step of it) came to its end, as a backend says it. */
export const finish = z.enum(['step', 'stop', 'length', 'budget', 'cancelled', 'error']);
export type Finish = z.infer<typeof finish>;

/** How a candidate ended, as an answer says it. */
export const finishReason = z.enum(['stop', 'length', 'budget', 'pruned', 'cancelled', 'error']);
export type FinishReason = z.infer<typeof finishReason>;

/** Natural log of the probability of one sampled token under the untempered distribution, and its alternatives. */
export const tokenLogprob = z.strictObject({
  token: z.string().describe('Text of the token.'),
  logprob: z.number().describe('In nats.'),
  top: z.array(z.strictObject({ token: z.string(), logprob: z.number() })).optional(),
});
export type TokenLogprob = z.infer<typeof tokenLogprob>;

/**
 * A candidate's name is its path: the prompt is `0`, its children `0.0`, `0.1`; the first s steps of a whole candidate P
 * are the prefix `P@s`, its first t tokens `P@tt` (`0.3@12t`), its first c characters `P@cc` (`0.3@34c`), and their children
 * `P@s.0`, `P@tt.0` and `P@cc.0`.
 */
export const path = z
  .string()
  .regex(/^0(?:@\d+[tc]?)?(?:\.\d+(?:@\d+[tc]?)?)*$/)
  .max(4096);
