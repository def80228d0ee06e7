import { z } from 'zod';
import { maxTokens } from '../sampling.ts';
import { judgeMembers, rubric } from './judging.ts';

const token = z.string().regex(/^[^\s\p{Cc}]{1,16}$/u, 'A token of a score is 1 to 16 characters without white space.');

/** A policy's expected score, from the probabilities of the tokens that say it (methods B.10). */
export const scoreToken = z.strictObject({
  kind: z
    .literal('score_token')
    .describe('The expected score of a judge, from the probabilities of one token: nothing is drawn.'),
  ...judgeMembers,
  tokens: z
    .record(token, z.number().min(-1000).max(1000))
    .refine((values) => Object.keys(values).length >= 2 && Object.keys(values).length <= 20, 'From 2 to 20 tokens.')
    .refine((values) => {
      const names = Object.keys(values).map((name) => name.toLowerCase());
      return new Set(names).size === names.length;
    }, 'Two tokens differ in case alone; a judge may write either.')
    .refine((values) => new Set(Object.values(values)).size > 1, 'All tokens have one value.')
    .default({ 1: 1, 2: 2, 3: 3, 4: 4, 5: 5 })
    .describe(
      'What the judge may answer, each a single token of its tokenizer, and what it is worth: {"yes": 1, "no": 0}. "10" is two tokens in many; digits from 1 to 9 and letters are safe.',
    ),
  prefix: z
    .string()
    .max(256)
    .default('Score:')
    .describe('How the answer begins, where its server can continue one; the token that follows it is read.'),
  min_mass: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.5)
    .describe('Probability that the tokens must have together; with less the judge does not answer in that form (methods B.10).'),
  reasoning_tokens: maxTokens
    .or(z.literal(0))
    .default(0)
    .describe('Tokens in which the judge may first give its reasons; 0 is none, and then nothing is sampled.'),
  output: z.enum(['normalised', 'raw']).default('normalised').describe('From 0 to 1, or as the tokens are worth.'),
  rubric: rubric.optional().describe('Several questions in place of one; their weighted mean counts (methods B.3).'),
});
export type ScoreTokenConfig = z.infer<typeof scoreToken>;
