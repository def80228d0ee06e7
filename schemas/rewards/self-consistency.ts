import { z } from 'zod';

/** How many of the candidates say the same (methods A.2; TTRV). */
export const selfConsistency = z.strictObject({
  kind: z.literal('self_consistency').describe('Share of the candidates, among those with an answer, that have the same one.'),
});
