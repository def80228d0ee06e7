import { z } from 'zod';
import { aggregate, cutting, modelMembers, output } from './reading.ts';

const holds = (name: string) => (text: string) => text.includes(`{${name}}`);

/** How prompt, right answer and candidate are put together for a model that reads all three. */
const layout = z.strictObject({
  context: z
    .string()
    .max(8000)
    .refine(holds('reference'), 'It holds {reference}, where the right answer is put.')
    .describe('What stands before the candidate: a text with {prompt} and {reference}.'),
  candidate: z
    .string()
    .max(8000)
    .refine(holds('candidate'), 'It holds {candidate}.')
    .default('{candidate}')
    .describe('The text that is scored: {candidate}, and what stands around it.'),
  as: z
    .enum(['text', 'message'])
    .default('text')
    .describe('`text`: raw, special tokens included. `message`: a user message of the chat template.'),
  marks: z
    .array(z.string().min(1).max(64))
    .max(8)
    .default([])
    .describe('Texts that the layout alone may write: what a separator parts is not scored where it holds one.'),
});
export type Layout = z.infer<typeof layout>;

/** A classifier that compares a candidate with a right answer (methods B.12). */
export const referenceReward = z.strictObject({
  kind: z.literal('reference').describe('A classifier that reads prompt, right answer and candidate.'),
  ...modelMembers,
  output: output.default('unknown'),
  layout: z
    .union([z.enum(['polar', 'verifier']), layout])
    .default('verifier')
    .describe(
      '`polar`: prompt, reference, <|reward|>, prompt, candidate. `verifier`: question, right answer, candidate answer, each named.',
    ),
  aggregate: aggregate.default('max'),
  truncate: cutting,
});
