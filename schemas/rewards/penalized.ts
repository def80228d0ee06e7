import { z } from 'zod';
import { memberName } from './member.ts';

const unit = z
  .enum(['tokens', 'characters', 'words'])
  .default('tokens')
  .describe('Tokens are known of candidates that a run wrote.');

const length = z
  .strictObject({
    form: z.literal('ramp').describe('alpha x clamp((length - free) / (full - free), 0, 1) ^ power is subtracted.'),
    unit,
    free: z.number().min(0).describe('No penalty up to here.'),
    full: z.number().positive().describe('The whole penalty from here on.'),
    alpha: z.number().min(0).max(1e6).default(0.1).describe('The whole penalty, in units of the reward (methods B.5).'),
    power: z.number().positive().max(16).default(1),
  })
  .refine(({ free, full }) => free < full, { path: ['full'], error: '`full` must be above `free`.' });

const overlong = z
  .strictObject({
    form: z.literal('overlong').describe('0 up to most - buffer, then falling to -1 at `most`: added.'),
    unit,
    most: z.number().positive(),
    buffer: z.number().positive(),
  })
  .refine(({ most, buffer }) => buffer <= most, { path: ['buffer'], error: '`buffer` must not be above `most`.' });

export const lengthPenalty = z.discriminatedUnion('form', [length, overlong]);
export type LengthPenalty = z.infer<typeof lengthPenalty>;

/** A reward less a penalty of length, bounded so that it cannot decide alone (methods B.5). */
export const penalized = z.strictObject({
  kind: z.literal('penalized').describe('A reward less a bounded penalty for length.'),
  reward: memberName,
  length: lengthPenalty,
});
