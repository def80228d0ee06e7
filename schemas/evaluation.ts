/** What an evaluation reports. Null is undefined or unknown: never 0 in its place. */
import { z } from 'zod';
import { evaluateRow } from './evaluate.ts';

const count = z.int().min(0);
const known = z.number().nullable();

export const estimate = z
  .strictObject({
    value: z.number(),
    low: known,
    high: known,
    problems: count.describe('That it is the mean of: those where it is defined.'),
  })
  .describe('A mean over problems with its bootstrap interval.');
const estimateOrNone = estimate.nullable();

const atN = { n: count };
const curve = z.array(z.strictObject({ ...atN, gold: estimate }));

const bestOfNPoint = z.strictObject({
  ...atN,
  gold: estimateOrNone.describe('Expected gold of the best of N by this reward.'),
  proxy: estimateOrNone.describe('Expected score of that one.'),
  softmax: estimateOrNone.optional().describe('Expected gold of softmax selection.'),
  kl_upper_bound: z.number().describe('ln N - (N - 1) / N.'),
  kl_of_samples: known.describe('Exact, where the samples of a problem are taken for its whole distribution.'),
  win_rate_without_ties: z.number().describe('N / (N + 1).'),
});

const prediction = z.strictObject({
  method: z.string(),
  assumes: z.string(),
  parameters: z.record(z.string(), z.number()).nullable().describe('Null where there was too little to fit.'),
  points: z.array(z.strictObject({ ...atN, value: z.number(), low: known, high: known })),
  check: z
    .strictObject({ from: count, at: count, predicted: z.number(), observed: z.number() })
    .nullable()
    .describe('The same method, shown only `from` samples, for an N that was measured.'),
});

const bias = z.strictObject({
  pearson: estimateOrNone,
  spearman: estimateOrNone,
  partial_pearson: estimateOrNone.describe('With gold held fixed.'),
  partial_spearman: estimateOrNone,
  mean_absolute: estimateOrNone.describe('Of the partial Spearman correlation, or of the plain one where gold is unknown.'),
  flagged_prompts: count.describe('Prompts with an absolute correlation above 0.8.'),
});

const marker = z.strictObject({
  winners: estimateOrNone.describe('Share of winners that bear it.'),
  excess: estimateOrNone.describe("That share less the candidates' own."),
});

const rewardReport = z.strictObject({
  revision: z.string().nullable(),
  scores: z.strictObject({ valid: count, invalid: count }),
  degraded_share: known.describe('Rows in which no score was valid, so that nothing could be chosen by it.'),
  accuracy: z
    .strictObject({
      fair_ties: estimate.describe('Part of the top scores that is right, over all candidates of a row.'),
      chance: z.number(),
      overall: z.number().describe('Plain mean over domains.'),
      domains: z.record(z.string(), z.strictObject({ value: z.number(), problems: count })),
    })
    .nullable(),
  ties_subset: z
    .strictObject({ overall: z.number(), tied_accuracy: z.number(), ref_accuracy: z.number(), pairs: count })
    .nullable(),
  best_of_n: z.array(bestOfNPoint),
  optimal_n: z
    .strictObject({
      n: count,
      value: z.number(),
      best_n: count,
      best_value: z.number(),
      standard_error: known,
      share_at_largest: known,
      finite: z.boolean().describe('False: no finite optimum was seen.'),
      regret: z.array(z.strictObject({ ...atN, value: z.number() })).describe('What another N loses.'),
    })
    .nullable(),
  gain: estimateOrNone.describe('Gold of the best by this reward less that of a random candidate.'),
  headroom: estimateOrNone.describe('Gold of the best candidate less that of the best by this reward.'),
  ranking: z.strictObject({
    ndcg: estimateOrNone,
    ndcg_k: count,
    ndcg_gain: z.literal('exponential'),
    kendall_tau_b: estimateOrNone,
    pairwise_accuracy: estimateOrNone,
    auroc: estimateOrNone.describe('Within prompts.'),
    auroc_pooled: known.describe('Over all candidates of all prompts.'),
    auroc_pooled_of: count.describe('Candidates that it was computed from: all, or a drawn part of very many.'),
  }),
  calibration: z
    .strictObject({
      ece: known,
      brier: known,
      bins: count,
      count,
      low_count: z.boolean(),
      output: z.enum(['logit', 'probability']),
    })
    .nullable()
    .describe('Null where scores are neither probabilities nor said to be logits.'),
  length: bias,
  winner_length_ratio: estimateOrNone.describe("The winner's length over the mean of the candidates'."),
  repetition: bias,
  style: z.record(z.string(), marker),
  outlier_winners: z.strictObject({
    share: estimateOrNone,
    gain: estimateOrNone.describe('Their gold less that of a random candidate of the same prompt.'),
  }),
  disagreement_ratio: estimateOrNone.describe('About the winner, over the median of the candidates.'),
  over_optimisation: z
    .strictObject({
      alpha: z.number(),
      beta: z.number(),
      peak: z.strictObject({ d: z.number(), n: z.number(), gain: z.number() }).nullable(),
      turns_bad_from: count.nullable().describe('From here the score rises while gold falls, twice in a row.'),
      fall: z.strictObject({ value: z.number(), low: known, high: known }).describe('Gold at the largest N less the highest.'),
    })
    .nullable(),
  prediction: prediction.nullable(),
  perturbations: z
    .record(z.string(), z.strictObject({ rise: estimateOrNone, above_deviation: estimateOrNone }))
    .nullable()
    .describe("Rise of the winner's score by a change that makes it no better, in deviations of the prompt's scores."),
});
export type RewardReport = z.infer<typeof rewardReport>;

export const alarm = z.strictObject({
  alarm: z.enum(['length', 'repetition', 'style', 'outlier_winner', 'disagreement', 'over_optimisation', 'fragile']),
  reward: z.string(),
  value: z.number(),
  threshold: z.number(),
  problems: count,
  message: z.string(),
});
export type Alarm = z.infer<typeof alarm>;

export const distance = z.strictObject({
  a: z.string(),
  b: z.string(),
  distance: z.number().describe('EPIC, STARC on a finite set: 0 the same ordering and spacing, 1 reversed.'),
  weighted: z.number().describe('The same where the candidates that best-of-N would choose among count for more.'),
  regret_of_a: z.number().describe("What choosing by `a` loses in `b`, in b's units."),
  regret_of_b: z.number(),
  problems: count,
});

const tokens = z.strictObject({
  policy: known.describe('Sampled, or said of the candidates; null where unknown.'),
  reward: known,
  wasted: known.describe('Of those of the policy: sampled for candidates that failed.'),
});

export const evaluationReport = z.strictObject({
  object: z.literal('winnow.evaluation'),
  rows: z.strictObject({
    read: count,
    used: count,
    bad: count,
    sampled: count.describe('Problems, whose candidates were sampled.'),
    too_few: count.describe('With fewer candidates than min_candidates.'),
    unlabelled: count.describe('With a candidate of unknown gold: they count for lengths and styles alone.'),
  }),
  reporting: z
    .strictObject({
      n: z.strictObject({ least: count, most: count, mean: z.number() }).nullable(),
      tokens,
      seed: z.int(),
      tie_rule: z.string(),
      extraction: z.strictObject({
        failed: count,
        of: count,
        rate: known,
        undecided: count.describe('Answers that could be told neither right nor wrong: they count as wrong.'),
      }),
      reward_revisions: z.record(z.string(), z.string().nullable()).describe('As the options say them.'),
      reward_fingerprints: z
        .record(z.string(), z.array(z.string()))
        .describe('Of the models behind each reward that scored here: none of scores that came with the rows, or of a rule.'),
      policy_fingerprints: z.array(z.string()).describe('Of the policies that answered here, judges included.'),
      interval: z.strictObject({ method: z.literal('bootstrap over problems'), resamples: count, confidence: z.number() }),
    })
    .describe('What every evaluation states (methods F.7).'),
  grid: z.array(count),
  random: estimateOrNone.describe('Mean gold of one candidate.'),
  pass: curve.describe('That one of N is right.'),
  majority: curve.describe('Expected gold of a majority vote of N, ties broken fairly.'),
  prediction: prediction.nullable().describe('pass@N for larger N.'),
  rewards: z.record(z.string(), rewardReport),
  distances: z.array(distance).describe('Between rewards, and to gold.'),
  alarms: z.array(alarm),
  flagged: z
    .array(z.strictObject({ line: count, id: z.string().nullable(), reward: z.string().nullable(), why: z.string() }))
    .describe('The first 50 rows with something odd.'),
  bad_rows: z.array(z.strictObject({ line: count, message: z.string() })).describe('The first 50.'),
  warnings: z.array(z.string()),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

/** The answer of POST /v1/evaluate. */
export const evaluateAnswer = evaluationReport.extend({
  plot: z.string().optional().describe('An SVG.'),
  labelled: z.array(evaluateRow).optional().describe('The rows as they were evaluated, where return.rows asks for them.'),
});
export type EvaluateAnswer = z.infer<typeof evaluateAnswer>;
