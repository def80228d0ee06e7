import { z } from 'zod';
import { rewardsField, scoresByReward } from './reward.ts';
import { answerReason, messages, prompt, reference } from './run.ts';
import { seed } from './sampling.ts';
import { account, usage } from './usage.ts';

/** POST /v1/score. */
export const scoreBody = z.strictObject({
  messages: messages.optional(),
  prompt: prompt.optional(),
  candidates: z.array(z.string()).describe('Texts to score, as a policy would have written them after the prompt.'),
  rewards: rewardsField.optional(),
  reference: reference.optional(),
  seed: seed.optional().describe('Of rewards that sample: judges. 0 where absent.'),
  model: z
    .string()
    .min(1)
    .optional()
    .describe('A policy or a recipe: whose steps a process reward scores, and whose rewards are the default.'),
});

export const scoreAnswer = z.strictObject({
  object: z.literal('winnow.scores'),
  data: z.array(
    z.strictObject({
      index: z.int(),
      scores: scoresByReward,
      answer: z.string().nullable().optional().describe('Where the policy reads answers.'),
      answer_reason: answerReason.optional(),
    }),
  ),
  usage,
  account,
  warnings: z.array(z.string()),
});
export type ScoreAnswer = z.infer<typeof scoreAnswer>;
