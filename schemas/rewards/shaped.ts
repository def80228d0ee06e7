import { z } from 'zod';
import { calibration } from './calibration.ts';
import { memberName } from './member.ts';
import { shortFor } from './short-form.ts';

const references = z
  .array(z.string().min(1))
  .min(1)
  .max(64)
  .optional()
  .describe("Answers of a fixed policy to compare with; the request's `reference` wins over them.");

const sample = z
  .strictObject({
    policy: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Who writes them; null is the policy whose candidates are scored.'),
    count: z.int().min(1).max(16).default(1).describe('Answers; 1 is enough, 10 is what the paper drew (methods B.6).'),
  })
  .optional()
  .describe('Draws references from a policy, as its entry samples, once in a run, where neither request nor config brings any.');

/** Where the references come from. */
const relative = { references, sample };

const relatives = [
  z.strictObject({
    by: z.literal('par').describe('Mean of sigmoid(k x (score - reference)): 0.5 is as good as a reference (methods B.6).'),
    ...relative,
    k: z.number().positive().max(100).default(1),
  }),
  z.strictObject({
    by: z.literal('lsc').describe('Log-sigmoid of the score less the 85th percentile of the references (methods B.6).'),
    ...relative,
  }),
  z.strictObject({ by: z.literal('centred').describe('Score less the mean of the references (methods B.6).'), ...relative }),
] as const;
const ofSteps = [
  z.strictObject({
    by: z.literal('clip_steps').describe('Sum of min(step - eta, 0): good steps add nothing, so padding cannot (methods B.8).'),
    eta: z.number().min(0).max(1).default(0.8),
  }),
  z.strictObject({ by: z.literal('delta_steps').describe('Sum of differences of steps: it telescopes (methods B.8).') }),
] as const;
const shaping = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('map').describe('A map of methods B.2.'), calibration }),
  z
    .strictObject({ by: z.literal('clip').describe('Between two bounds.'), least: z.number(), most: z.number() })
    .refine(({ least, most }) => least < most, { path: ['most'], error: '`most` must be above `least`.' }),
  ...relatives,
  ...ofSteps,
]);
export type Shaping = z.infer<typeof shaping>;
/** Those that compare with references. */
export type Relative = z.infer<(typeof relatives)[number]>;

/** One reward through one map (methods B.2, B.6, B.8). It changes what is added or compared with a threshold, never who is best. */
export const shaped = z.strictObject({
  kind: z.literal('shaped').describe('A reward through a map: bounded, centred, relative to references, or by its steps.'),
  reward: memberName,
  shaping: shortFor('by', shaping, ['par', 'lsc', 'centred', 'clip_steps', 'delta_steps']),
});
