import { z } from 'zod';
import { judgeMembers, verdictMembers } from './judging.ts';

/** A policy that says which of two candidates is the better one (methods B.13). */
export const pairwiseJudge = z.strictObject({
  kind: z
    .literal('pairwise_judge')
    .describe('A policy that says which of two candidates is better; of several, each meets each.'),
  ...judgeMembers,
  mode: z
    .enum(['verdict', 'chain_of_rubrics', 'strength', 'token'])
    .default('verdict')
    .describe(
      '`verdict`: A, B or a tie. `chain_of_rubrics`: the same, after the judge has said what kind of task it is and has solved it or written a rubric (RM-R1). `strength`: -3 (A is far better) to 3 (B is), without 0. `token`: nothing is written; the probabilities of A and B as the next token decide.',
    ),
  ...verdictMembers,
  tie: z.boolean().default(true).describe('The judge may call a tie.'),
  swap: z
    .boolean()
    .default(true)
    .describe('Each pair is judged in both orders; a winner that changes with its place is none (methods B.13).'),
  ensemble: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A reward of kind ensemble that compares each pair first: the judge is asked where the mean of its members' differences is below their deviation (methods B.1).",
    ),
  prefix: z.string().max(256).default('Candidate').describe('How the answer of mode `token` begins.'),
  min_mass: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.5)
    .describe('Mode `token`: probability that A and B must have together (methods B.10).'),
});
export type PairwiseJudgeConfig = z.infer<typeof pairwiseJudge>;
