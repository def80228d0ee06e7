import { z } from 'zod';

/** A limit that is decided on paper and not served yet: refused by name, so that nobody believes in one that is not kept. */
const unserved = z
  .unknown()
  .refine((value) => value === undefined, {
    params: { code: 'unsupported_value' },
    error: 'This limit is not served yet. Served: max_candidates, max_tokens, max_score_calls, max_time_ms.',
  })
  .optional();

/** The long form of `budget`. Every limit is hard; one that is absent falls back to its cap. */
export const limits = z.strictObject({
  max_candidates: z.int().min(1).optional().describe('Answers sampled to their end or cut; steps of a search are not counted.'),
  max_tokens: z
    .int()
    .min(1)
    .optional()
    .describe('Tokens sampled by policy, critics, judges and for references together: what usage.completion_tokens counts.'),
  max_time_ms: z.int().min(1).optional().describe('From receipt of the request to the complete body or the result event.'),
  max_score_calls: z.int().min(0).optional().describe('Calls to models that score or read; without it there is no such limit.'),
  max_cost_usd: unserved,
});
export type Limits = z.infer<typeof limits>;

/** `budget` of a request: limits, or one integer b, short for b answers' worth of tokens and a width of b. */
export const budget = z
  .union([z.int().min(1).max(256), limits])
  .describe('Limits, or an integer b: b x sampling.max_tokens tokens and a width of b.');
export type BudgetRequest = z.infer<typeof budget>;

/** Every limit in force, caps included. */
export const fullLimits = z.strictObject({
  max_candidates: z.int().min(1),
  max_tokens: z.int().min(1),
  max_score_calls: z.int().min(0).optional(),
  max_time_ms: z.int().min(1),
});
export type FullLimits = z.infer<typeof fullLimits>;

export const stopReason = z.enum([
  'finished',
  'max_tokens',
  'max_candidates',
  'max_score_calls',
  'max_time',
  'converged',
  'threshold',
  'client_closed',
  'backend_failed',
]);
export type StopReason = z.infer<typeof stopReason>;
