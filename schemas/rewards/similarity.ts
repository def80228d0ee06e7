import { z } from 'zod';
import { aggregate, cutting, modelMembers } from './reading.ts';

export const similarTo = z
  .enum(['reference', 'prompt', 'consensus'])
  .describe('What a candidate is like: the right answers, the prompt, or the other candidates on average (methods A.6).');

/** Cosine of embeddings (methods A.6, B.12). */
export const similarityReward = z.strictObject({
  kind: z.literal('similarity').describe('Cosine of the embeddings of a candidate and of what it is to be like, from 0 to 1.'),
  ...modelMembers,
  to: similarTo.default('reference'),
  aggregate: aggregate.default('max'),
  truncate: cutting,
});
