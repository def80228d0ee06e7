import { z } from 'zod';
import type { Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { define } from './define.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { distinct, StepSearch, tellRound } from './step-search.ts';

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
  options: z.strictObject({
    keep: z.int().min(1).max(64).default(4).describe('Beams that go on after each round (methods C.1).'),
    branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each beam (methods C.1).'),
    max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
    min_completed: z.int().min(1).max(2048).optional().describe('Ended candidates that are enough; `keep` where absent.'),
    dedupe: z.boolean().default(true).describe('Merge open prefixes of equal text (methods C.0).'),
    step_reward: z.string().optional().describe("Reward that ranks prefixes; the policy's process_reward where absent."),
  }),
  needs: { stepReward: true, continuation: true, steps: true },
  width: (budget) => {
    const branch = Math.min(4, budget);
    return { branch, keep: Math.floor(budget / branch) };
  },
  cost: 'at most max_steps x keep x branch steps, one score call a round and one a reward',
  bound: ({ keep, branch, max_steps: rounds }, maxTokens, rewards) => ({
    candidates: keep * branch * rounds + 1, // one more from the prompt, where every step was a dead end
    tokens: (keep * branch * rounds + 1) * maxTokens,
    scoreCalls: rounds + 1 + rewards,
  }),
  *run(task, { keep, branch, max_steps: maxSteps, min_completed: minCompleted = keep, dedupe }) {
    const search = new StepSearch(task);
    let beams: readonly Branch[] = [root];
    let open: readonly Scored[] = []; // the last beams that there were
    for (let round = 0; round < maxSteps && beams.length > 0 && search.completed.length < minCompleted; round++) {
      const { growing } = yield* search.grow(beams, round === 0 ? keep * branch : branch);
      const kept = bestFirst(dedupe ? distinct(growing) : growing, task.stepReward!).slice(0, keep);
      if (kept.length > 0) open = kept;
      beams = kept;
      yield* tellRound(round, growing, kept);
    }
    return yield* search.gather(open);
  },
});
