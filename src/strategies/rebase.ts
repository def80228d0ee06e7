import { z } from 'zod';
import { apportion } from '../budget/apportion.ts';
import type { Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { softmaxShares } from '../selection/shares.ts';
import type { StrategyTask } from './define.ts';
import { define } from './define.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { distinct, StepSearch, stepwise, tellRound } from './step-search.ts';
import { stepValue } from './step-value.ts';

/**
 * Reward-balanced search: each round has `width` next steps, and a prefix gets as many of them as its part of the softmax of
 * all values. What ended, and what was a dead end, takes its place in the width with it. Parts are whole and add up exactly.
 * Ends when the width is used up, after `max_steps` rounds, or when a round comes back empty.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.3; Wu et al. 2024
 */
export const rebase = define({
  name: 'rebase',
  title: 'Share a width of next steps among prefixes by the softmax of their values.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    width: z.int().min(1).max(256).default(16).describe('Next steps of the first round; one less for each that ended.'),
    rebase_temperature: z.number().min(0.01).max(10).default(0.2).describe('Of the softmax over values (methods C.3).'),
    max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
    step_reward: z.string().optional().describe("Reward that values prefixes; the policy's process_reward where absent."),
  }),
  needs: stepwise,
  width: (budget) => ({ width: budget }),
  cost: 'at most max_steps x width steps, one score call a round and one a reward',
  bound: ({ width, max_steps: rounds }, maxTokens, rewards) => ({
    candidates: width + 1, // one more from the prompt, where every step was a dead end
    tokens: (width * rounds + 1) * maxTokens,
    scoreCalls: rounds + 1 + rewards,
  }),
  *run(task, { width, rebase_temperature: temperature, max_steps: maxSteps }) {
    const search = new StepSearch(task);
    let left = width;
    let beams: readonly Branch[] = [root];
    let counts: readonly number[] = [left];
    let open: readonly Scored[] = []; // the last prefixes that there were
    for (let round = 0; round < maxSteps && beams.length > 0; round++) {
      const { children, growing, lost } = yield* search.grow(beams, counts);
      left -= lost.length + children.length - growing.length;
      const different = distinct(growing);
      const parts = apportion(shares(different, task, temperature), Math.max(0, left));
      const kept = different.filter((_, place) => parts[place]! > 0);
      if (growing.length > 0) open = bestFirst(different, task.stepReward!);
      beams = kept;
      counts = parts.filter((part) => part > 0);
      yield* tellRound(round, growing, kept);
    }
    return yield* search.gather(open);
  },
});

/** The softmax of the values. A prefix without a value has no part, unless none has one: then all have the same. */
function shares(candidates: readonly Scored[], task: StrategyTask, temperature: number): number[] {
  const values = candidates.map((candidate) => stepValue(candidate, task));
  const unknown = values.every((value) => value === undefined) ? 0 : Number.NEGATIVE_INFINITY;
  return softmaxShares(
    values.map((value) => value ?? unknown),
    temperature,
  );
}
