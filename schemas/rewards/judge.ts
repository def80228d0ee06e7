import { z } from 'zod';
import { judgeMembers, rubric, verdictMembers } from './judging.ts';

/** A policy that reads one candidate and scores it in words (methods B.13). */
export const judge = z
  .strictObject({
    kind: z.literal('judge').describe('A policy that reads one candidate and writes a score.'),
    ...judgeMembers,
    mode: z
      .enum(['score', 'rubric', 'chain_of_rubrics', 'reflection', 'yes_no'])
      .default('score')
      .describe(
        '`score`: one number. `rubric`: one for each item of the rubric, then their weighted mean. `chain_of_rubrics`: the judge says what kind of task it is, solves it or writes a rubric, then scores (RM-R1). `yes_no`: right or not. `reflection`: right or not, then a check of its own verdict (SPARK).',
      ),
    ...verdictMembers,
    least: z.int().min(-1000).max(1000).default(1).describe('The worst score.'),
    most: z.int().min(-1000).max(1000).default(10).describe('The best score.'),
    output: z
      .enum(['normalised', 'raw'])
      .default('normalised')
      .describe('Scores between `least` and `most` put on 0 to 1, or as they are.'),
    rubric: rubric.optional().describe('Of mode `rubric`.'),
    not_applicable: z
      .enum(['refused', 'for_all', 'per_candidate'])
      .default('refused')
      .describe(
        'Whether an item of the rubric may be not applicable, and is then left out for every candidate, so that they stay comparable, or for that one alone (methods B.3).',
      ),
  })
  .refine(({ least, most }) => least < most, { error: '`least` is below `most`.', path: ['most'] })
  .refine(({ mode, rubric: items }) => (mode === 'rubric') === (items !== undefined), {
    error: 'Mode `rubric` has a rubric, and no other mode has.',
    path: ['rubric'],
  });
export type JudgeConfig = z.infer<typeof judge>;
