/** POST /v1/evaluate and `npx winnow eval`: how good rewards are at choosing, from candidates whose worth is known. */
import { z } from 'zod';
import { finishReason } from './candidate.ts';
import { checkOptions } from './check.ts';
import { answerConfig } from './config.ts';
import { rewardsField } from './reward.ts';
import { messages, prompt, reference } from './run.ts';
import { sampling, seed } from './sampling.ts';

/** Characters of an answer that is told with a candidate. */
export const LONGEST_ANSWER = 2000;

const name = z.string().min(1).max(128);
const bounded = z.number().min(-1e100).max(1e100); // sums and squares of any number of them stay finite

export const evaluateCandidate = z.strictObject({
  text: z.string().optional().describe('For answers, length, repetition and style; not kept.'),
  gold: z
    .union([z.boolean(), bounded])
    .nullable()
    .optional()
    .describe('What it is worth: right or wrong, or a number. Absent: 1 where its answer equals the reference, else 0.'),
  answer: z
    .string()
    .max(LONGEST_ANSWER)
    .nullable()
    .optional()
    .describe('What it finally says; absent: read out of the text. For votes.'),
  scores: z.record(name, bounded.nullable()).optional().describe('By reward; null is a score that failed.'),
  disagreement: z.record(name, z.number().min(0).max(1e100)).optional().describe("Between an ensemble's members, by reward."),
  tokens: z.int().min(0).optional().describe('Its length; characters are counted where any candidate of the row has none.'),
  finish_reason: finishReason.optional().describe('Only `stop`, or none given, finished: a cut one wins where nothing finished.'),
});
export type EvaluateCandidate = z.infer<typeof evaluateCandidate>;

export const evaluateRow = z
  .strictObject({
    id: z.string().min(1).max(256).optional(),
    messages: messages.optional(),
    prompt: prompt.optional(),
    reference: reference.optional(),
    domain: name.optional().describe('Accuracies are told by domain, and the overall one is their plain mean (methods F.1).'),
    ties: z
      .strictObject({ id: name, version: z.enum(['ref', 'tied']) })
      .optional()
      .describe("Of RewardBench 2's Ties subset: which prompt, and whether one answer is right (`ref`) or several (`tied`)."),
    candidates: z
      .array(evaluateCandidate)
      .min(1)
      .max(1024)
      .optional()
      .describe('Absent: a problem, whose candidates are sampled; it needs a prompt and a reference.'),
    metadata: z.record(z.string(), z.unknown()).optional().describe('Not read.'),
  })
  .superRefine((row, context) => {
    const asked = row.prompt !== undefined || row.messages !== undefined;
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    for (const [place, { scores }] of (row.candidates ?? []).entries()) {
      if (!scores || !Object.hasOwn(scores, 'gold')) continue;
      const message = 'No reward may be named "gold": reports call the labels so.';
      context.addIssue({ code: 'custom', message, path: ['candidates', place, 'scores', 'gold'] });
    }
    if (row.candidates) return;
    if (!asked) issue('A row has candidates, or a prompt (or messages) and a reference to sample for.');
    else if (row.reference === undefined) issue('A problem without candidates needs a reference: what its right answer is.');
  });
export type EvaluateRow = z.infer<typeof evaluateRow>;

/** What is measured, and how: the same for the route and the command line. */
export const evaluationOptions = z.strictObject({
  grid: z
    .array(z.int().min(1).max(1024))
    .min(1)
    .max(32)
    .optional()
    .describe("Numbers of samples to tell; powers of two and the first row's size where absent. It ends at the smallest row."),
  min_candidates: z.int().min(1).max(1024).default(1).describe('Rows with fewer are left out, and counted.'),
  price: z.number().min(0).default(0).describe('Of one sample, in gold: what the optimal N weighs (lambda of methods A.5).'),
  right_from: z.number().default(0.5).describe('Gold from which on a candidate counts as right.'),
  resamples: z.int().min(0).max(10_000).default(1000).describe('Bootstraps over problems; 0 is no intervals (methods F.7).'),
  confidence: z.number().min(0.5).max(0.999).default(0.9).describe('Of intervals: 0.9 is the 5th to the 95th percentile.'),
  ndcg_k: z.int().min(1).max(1024).default(10).describe('Places that NDCG looks at.'),
  bins: z.int().min(2).max(100).default(10).describe('Of the calibration error (methods F.8).'),
  softmax_temperature: z.number().gt(0).optional().describe('Tells the gold of softmax selection too, at this temperature.'),
  predict: z
    .array(z.int().min(1).max(10_000))
    .max(16)
    .optional()
    .describe('Larger N to predict for; 2, 4 and 8 times the largest measured one where absent.'),
  outputs: z
    .record(name, z.enum(['logit', 'probability']))
    .optional()
    .describe('What scores are, for calibration. Absent: probabilities where all are 0 to 1.'),
  revisions: z.record(name, z.string().max(256)).optional().describe('Which version of each reward gave the scores: told again.'),
  answer: answerConfig.optional().describe("How answers are read out of texts; the policy's way, or by a mark, where absent."),
  check: checkOptions
    .optional()
    .describe('How answers are held against the reference (methods G.8); as answers are read, where absent.'),
  seed: seed.optional().describe('Of bootstraps, drawn subsets and sampled candidates; 0 where absent.'),
});
export type EvaluationOptions = z.infer<typeof evaluationOptions>;

export const onBadRow = z.enum(['stop', 'skip']).default('stop').describe('What a row that is wrong does; each is named.');

export const evaluateRequest = evaluationOptions.extend({
  data: z
    .array(z.union([evaluateRow, z.unknown()]))
    .min(1)
    .describe('Rows: labelled candidate sets, or problems. A row that is none is refused or, with on_bad_row, skipped.'),
  on_bad_row: onBadRow,
  model: z.string().min(1).optional().describe('A policy: samples for problems, and reads answers. default_policy where absent.'),
  n: z.int().min(1).max(256).default(16).describe('Candidates sampled for each problem.'),
  sampling: sampling.optional(),
  rewards: rewardsField.optional().describe("Score what has no such score yet. Default: for problems the policy's rewards."),
  probe: z
    .boolean()
    .default(false)
    .describe(
      "Scores each named reward's winner again with changes that make it no better: padding, a repeated step, ... (F.5).",
    ),
  return: z
    .strictObject({
      rows: z.boolean().default(false).describe('The rows with everything that was sampled, scored and read.'),
      plot: z.boolean().default(false).describe('The curves as an SVG.'),
    })
    .prefault({}),
  stream: z.boolean().default(false).describe('Progress as server-sent events, the answer as the event `result`.'),
});
