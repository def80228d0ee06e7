import { z } from 'zod';
import { beamOptions, beamWidth, growBeams } from './beams.ts';
import { define } from './define.ts';
import { stepwise } from './step-search.ts';

/**
 * Step-level beam search: each round every kept prefix grows `branch` next steps, and the best `keep` of the open ones go
 * on; those that ended are set aside. Ends when `min_completed` have ended, after `max_steps` rounds, or when a round comes
 * back empty. Where nothing ended, the best open prefixes are completed with what the finishing reserve holds.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.1; Snell et al. 2024
 */
export const beamSearch = define({
  name: 'beam_search',
  title: 'Grow several prefixes step by step and keep the best by a process reward.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject(beamOptions),
  needs: stepwise,
  width: beamWidth,
  cost: 'at most max_steps x keep x branch steps, one score call a round and one a reward',
  bound: ({ keep, branch, max_steps: rounds }, maxTokens, rewards) => ({
    candidates: keep * branch * rounds + 1, // one more from the prompt, where every step was a dead end
    tokens: (keep * branch * rounds + 1) * maxTokens,
    scoreCalls: rounds + 1 + rewards,
  }),
  run: (task, options) => growBeams(task, options),
});
