import { z } from 'zod';
import { calibration } from './calibration.ts';
import { distinct, member } from './member.ts';

/** Part of one reward among several; the bound keeps sums finite. */
export const weight = z.number().min(-1e6).max(1e6);

export const weightedRule = z.enum(['sum', 'lexicographic', 'chebyshev', 'pareto', 'rank_sum']);
export type WeightedRule = z.infer<typeof weightedRule>;

const objective = member({
  weight: weight.default(1).describe('Negative for a penalty; 0 leaves it out of the score.'),
  calibration: calibration
    .optional()
    .describe('Default for `sum` and `pareto`: none for a probability, else zscore; none for the others.'),
  tolerance: z.number().min(0).default(0).describe('Of `lexicographic`: this close to the best goes on to the next objective.'),
  target: z.number().default(0).describe('Of `chebyshev`: what the score is measured from.'),
});
const needSet: readonly string[] = ['lexicographic', 'pareto', 'rank_sum'];

/** Several objectives in one number (methods B.3). */
export const weighted = z
  .strictObject({
    kind: z.literal('weighted').describe('One number of several rewards that measure different things.'),
    members: z.array(objective).min(1).max(16),
    rule: weightedRule
      .default('sum')
      .describe(
        '`sum`: weighted mean; `lexicographic`: in order, within tolerances; `chebyshev`: the worst weight x (score - target); `pareto`: the weighted mean of those that none beats in all; `rank_sum`: weighted percentile ranks.',
      ),
    na_policy: z
      .enum(['for_all', 'per_candidate'])
      .default('for_all')
      .describe('A score that is `not_applicable` to one candidate is left out for all, or for that one alone.'),
  })
  .refine(distinct, { path: ['members'], error: 'A reward is named twice.' })
  .refine(({ members }) => members.some((one) => one.weight !== 0), { path: ['members'], error: 'All weights are 0.' })
  .refine(({ rule, na_policy: policy }) => policy === 'for_all' || !needSet.includes(rule), {
    path: ['na_policy'],
    error: '`per_candidate` goes with `sum` and `chebyshev`; the other rules compare every objective of every candidate.',
  });
