/** What the entries of all rewards that ask a judge have in common. */
import { z } from 'zod';
import { maxTokens, temperature } from '../sampling.ts';

/** Odd, so that a majority of two verdicts always exists. */
export const samples = z
  .int()
  .min(1)
  .max(15)
  .refine((count) => count % 2 === 1, 'An odd number of samples, 1 to 15: an even one may end in a draw.');

export const criteria = z.string().max(8000).describe('What to judge by, in the words of who configures it.');

export const rubricItem = z.strictObject({
  name: z
    .string()
    .regex(/^[^\p{Cc}]{1,64}$/u, 'A name of 1 to 64 characters on one line.')
    .describe('What the item is called in reports.'),
  description: z.string().max(2000).default('').describe('What a good answer does in this respect.'),
  weight: z.number().positive().max(1000).default(1).describe('Its part in the mean (methods B.3).'),
});
export type RubricItem = z.infer<typeof rubricItem>;

export const rubric = z
  .array(rubricItem)
  .min(1)
  .max(16)
  .refine((items) => new Set(items.map(({ name }) => name)).size === items.length, 'Two items have one name.');

/** The judge, and what it is shown. */
export const judgeMembers = {
  policy: z
    .string()
    .nullable()
    .default(null)
    .describe('The judge: a policy with `instruct: true`. Null is the policy whose candidates are judged.'),
  criteria: criteria.default(''),
  reference: z.boolean().default(false).describe('The judge reads the right answers of the request; one without any is refused.'),
};

/** How a judge that writes its verdict is sampled. */
export const verdictMembers = {
  format: z
    .enum(['tag', 'json'])
    .default('tag')
    .describe('How the verdict is written: `<answer>...</answer>`, or one JSON object.'),
  samples: samples.default(1).describe('Verdicts of each question, an odd number (methods B.13).'),
  temperature: temperature
    .optional()
    .describe('Where absent 0 for one sample, which is then the same every time, and 0.7 for several (methods B.13: 0.6 to 1).'),
  max_tokens: maxTokens.default(512).describe('Tokens of one verdict with its reasons; not those of a candidate.'),
  retry: z
    .boolean()
    .default(true)
    .describe('A verdict that cannot be read is asked for once more, at temperature 0, in the required format alone.'),
};

/** What a request may say of a judge. */
export const judgeOptions = { criteria: criteria.optional() };

export const verdictOptions = {
  ...judgeOptions,
  samples: samples.optional().describe("In place of the config's."),
  temperature: temperature.optional().describe("In place of the config's."),
  explain: z.boolean().optional().describe('Shows what the judge wrote, up to 2,000 characters of each verdict.'),
};
