import { z } from 'zod';
import { checkOptions } from '../check.ts';

/** Whether the answer is a right one, formulas by computer algebra (methods G.8). */
export const equivalenceReward = z.strictObject({
  kind: z.literal('equivalence').describe("1 where the candidate's answer is one of the right ones, else 0."),
  backend: z
    .string()
    .describe('A backend of kind gpu_backend: it compares formulas by computer algebra. What needs none never asks it.'),
  options: checkOptions.default({}).describe('How answers are compared where a request does not say it.'),
});
export type EquivalenceReward = z.infer<typeof equivalenceReward>;
