import { z } from 'zod';
import { ruleCheck } from '../../schemas/rewards/rule.ts';
import written from './prompts.json' with { type: 'json' };

/** A prompt written for this bench, and what it asks for besides an answer: two or three checks, in its own words. */
const instructed = z.strictObject({ id: z.string(), prompt: z.string(), checks: z.array(ruleCheck).min(2).max(3) });
export type Instructed = z.infer<typeof instructed>;

export const prompts: readonly Instructed[] = z.array(instructed).parse(written);
