import { z } from 'zod';

const count = z.int().min(0);
const known = count.nullable().describe('Null where a backend could not say it; never 0 in its place.');

/** The sum of two counts: unknown where one of them is. */
export const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/** OpenAI's usage: all that was sampled in the run, not only the answer that was chosen. */
export const usage = z.strictObject({
  prompt_tokens: known,
  completion_tokens: known,
  total_tokens: known,
  prompt_tokens_details: z.strictObject({ cached_tokens: known }),
});
export type Usage = z.infer<typeof usage>;

export const rewardAccount = z.strictObject({
  calls: count,
  candidates: count.describe('Distinct texts scored.'),
  tokens: known.describe("Prompt and text of each, by the reward's tokenizer."),
});

export const account = z.strictObject({
  policy: z.strictObject({
    processed: known.describe('Positions computed; the last token of a candidate is sampled, never run.'),
    cached: known.describe("Positions taken from an earlier request's cache."),
    unique: known.describe('Distinct positions by path.'),
  }),
  chosen_tokens: count,
  planner_tokens: count.describe('Sampled to plan.'),
  critic_tokens: count,
  judge_tokens: count,
  reference_tokens: count.describe('Sampled for rewards to compare with.'),
  rewards: z.record(z.string(), rewardAccount),
  wasted_tokens: count.describe('Sampled for pruned, cancelled or failed candidates.'),
});
export type Account = z.infer<typeof account>;
