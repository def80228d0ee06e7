import { z } from 'zod';
import { member, memberName } from './member.ts';

const gate = member({
  at_least: z.number().optional().describe('Passes from here on. 0.5 where neither bound is given.'),
  at_most: z.number().optional().describe('Passes up to here.'),
});

/** A reward behind gates (methods B.5). */
export const gated = z
  .strictObject({
    kind: z.literal('gated').describe('A reward of those candidates alone that pass every gate.'),
    reward: memberName,
    gates: z.array(gate).min(1).max(16).describe('Asked first and in order, each of those that passed the one before.'),
    gate_fail: z
      .enum(['ineligible', 'score'])
      .default('ineligible')
      .describe('What a candidate gets that does not pass: no score, or `gate_fail_score`.'),
    gate_fail_score: z.number().optional().describe('On the scale of `reward`: 0 is a good score for many.'),
  })
  .refine(({ gate_fail: fail, gate_fail_score: given }) => (fail === 'score') === (given !== undefined), {
    path: ['gate_fail_score'],
    error: '`gate_fail_score` goes with `"gate_fail": "score"`, and only with it.',
  });
