import { z } from 'zod';

/** One entry of GET /v1/models: a policy, a recipe or a reward. */
export const modelEntry = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
  winnow: z.looseObject({ kind: z.enum(['policy', 'recipe', 'reward']) }),
});
export const modelList = z.strictObject({ object: z.literal('list'), data: z.array(modelEntry) });

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema.');

export const rewardList = z.strictObject({
  object: z.literal('list'),
  data: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.string(),
      title: z.string(),
      output: z.enum(['logit', 'probability', 'unknown']).describe('What its numbers are; `unknown` orders, and no more.'),
      range: z.array(z.number().nullable()).length(2).describe('Least and most; null where there is no bound.'),
      cost: z.string().describe('What scoring n candidates costs.'),
      members: z.array(z.string()).describe('Rewards that it asks.'),
      reduction: z.string().nullable(),
      options: jsonSchema,
    }),
  ),
  kinds: z
    .array(
      z.strictObject({
        kind: z.string(),
        title: z.string(),
        cost: z.string().describe('What scoring n candidates costs.'),
        config: jsonSchema.describe('JSON Schema of an entry of `rewards` in the config.'),
        options: jsonSchema.describe('JSON Schema of what a request may say of such a reward.'),
      }),
    )
    .describe('All kinds of which the config may have rewards.'),
});

export const strategyList = z.strictObject({
  object: z.literal('list'),
  data: z.array(
    z.strictObject({
      name: z.string(),
      title: z.string(),
      family: z.enum(['best_of_n', 'search', 'critique_refine']),
      rounds: z.enum(['one', 'many']),
      needs: z.array(z.string()).describe('What the policy and the rewards must bring, with the options at their defaults.'),
      cost: z.string().describe('The most that it spends, as a formula of its options.'),
      options: jsonSchema,
    }),
  ),
  selection: z.array(
    z.strictObject({
      name: z.string(),
      title: z.string(),
      needs: z.array(z.string()).describe('What it lacks is refused, or makes the choice degraded.'),
      cost: z.string().describe('Beside sampling and scoring the n candidates.'),
      options: jsonSchema,
    }),
  ),
});

export const health = z.looseObject({ status: z.string() });
