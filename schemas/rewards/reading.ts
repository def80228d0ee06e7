/** What the entries of rewards that are read from models have in common. */
import { z } from 'zod';
import { truncate } from '../backend.ts';

/** Where its model is. */
export const modelMembers = {
  backend: z.string().describe('A backend of kind gpu_backend, unless it is said otherwise.'),
  model: z.string().describe("The model's name at that backend."),
};

export const aggregate = z
  .enum(['max', 'mean'])
  .describe('Of several references: the best score, where any of them will do, or the mean (methods B.12).');
export type Aggregate = z.infer<typeof aggregate>;

export const normalize = z
  .enum(['none', 'tokens'])
  .describe('`none`: the sum over tokens. `tokens`: their mean, where lengths vary a lot (methods B.11).');
export type Normalize = z.infer<typeof normalize>;

/** The scale of a number that its model alone knows. */
export const output = z
  .enum(['logit', 'probability', 'unknown'])
  .describe('What the number is: `unknown` orders under one prompt, and no more.');

export const cutting = truncate.default('refuse');
