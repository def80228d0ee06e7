/** POST /equivalence of a gpu-backend: whether two formulas are the same, by computer algebra. */
import { z } from 'zod';

const formula = z.string().max(2000);
const tolerance = z.number().min(0).max(1e6);

export const formulaPair = z.strictObject({
  given: formula.describe('LaTeX, or as it is typed: `x^2+1`.'),
  reference: formula,
  abs_tolerance: tolerance.optional().describe('Of two constants; 0 where absent.'),
  rel_tolerance: tolerance.optional(),
});
export type FormulaPair = z.infer<typeof formulaPair>;

export const equivalenceRequest = z.strictObject({
  pairs: z.array(formulaPair).min(1).max(1024),
  deadline_ms: z.int().min(1).describe('Pairs that are open then are unknown.'),
});
export type EquivalenceRequest = z.infer<typeof equivalenceRequest>;

export const equivalence = z.looseObject({
  equal: z.union([z.boolean(), z.literal('unknown')]),
  reason: z
    .enum(['different', 'too_long', 'too_deep', 'not_understood', 'not_allowed', 'not_decided', 'timeout', 'backend_error'])
    .nullable()
    .describe('Null where they are equal. `not_allowed`: an operator or a number that is not computed.'),
});
export type Equivalence = z.infer<typeof equivalence>;

export const equivalenceResponse = z.looseObject({ results: z.array(equivalence).describe('In the order given.') });
export type EquivalenceResponse = z.infer<typeof equivalenceResponse>;
