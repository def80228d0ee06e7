import { z } from 'zod';
import { aggregate, modelMembers, normalize } from './reading.ts';

/** How much likelier a known text becomes behind a candidate (methods B.11; RLP). */
export const informationGain = z.strictObject({
  kind: z
    .literal('information_gain')
    .describe('Log-probability of the right answer behind the candidate, less that behind the prompt alone.'),
  ...modelMembers,
  separator: z
    .string()
    .max(256)
    .default('\n')
    .describe('Stands before the right answer, with a candidate before it and without; as in "\\nAnswer: ".'),
  normalize: normalize.default('tokens'),
  aggregate: aggregate.default('max'),
});
