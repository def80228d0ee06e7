import { z } from 'zod';

export const measure = z
  .enum(['mean', 'tail', 'lowest_group', 'bottom_10'])
  .describe(
    'Of a trace: all tokens, the last `window`, the least sure group of `window`, or the tenth least sure (methods A.9).',
  );

export type Measure = z.infer<typeof measure>;

/** Most likely tokens that a confidence is made of. */
export const alternatives = z.int().min(1).max(20).default(20);

export const window = z
  .int()
  .min(1)
  .max(8192)
  .describe('Tokens of a group; a shorter candidate is one group. For short answers 64 to 256.');

/** How sure a policy is of what it wrote, from its own distributions (methods A.9). */
export const certaintyReward = z.strictObject({
  kind: z.literal('certainty').describe('How sure a policy is of the tokens of a candidate.'),
  quantity: z
    .enum(['self_certainty', 'entropy', 'confidence'])
    .default('self_certainty')
    .describe(
      'Of each token. `self_certainty`: divergence of the distribution from the uniform one, over the whole vocabulary. `entropy`: minus its entropy. `confidence`: minus the mean log-probability of its most likely tokens (DeepConf).',
    ),
  measure: measure.optional().describe('Where absent, `lowest_group` of `confidence` and `mean` of the others.'),
  window: window.default(2048),
  alternatives: alternatives.describe(
    'Of `confidence`: most likely tokens; 20 in DeepConf. Candidates are sampled with as many.',
  ),
  policy: z
    .string()
    .nullable()
    .default(null)
    .describe('Whose distributions are read. Null is the policy that wrote the candidates.'),
});
export type CertaintyConfig = z.infer<typeof certaintyReward>;
