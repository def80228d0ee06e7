import { z } from 'zod';
import type { Prefix, Scored } from '../operation.ts';
import { root, sample } from '../operation.ts';
import { define, finished, scoredBy, unscored } from './define.ts';
import { firstSteps, keepBest } from './keep-best.ts';
import { Numbering } from './numbering.ts';
import { wrongStep } from './wrong-step.ts';

/**
 * The process reward as the critic: find the best version's first wrong step, cut there, write the rest again, keep the
 * best. Ends when the best version has no wrong step (`converged` where it is a whole one), after `max_rounds`, or when
 * nothing can be sampled.
 *
 * @returns every version, the first one first
 * @see methods C.12, E.0
 */
export const firstWrongStep = define({
  name: 'first_wrong_step',
  title: 'Cut the best version at its first wrong step and write the rest again.',
  family: 'critique_refine',
  rounds: 'many',
  options: z.strictObject({
    max_rounds: z.int().min(0).max(63).default(4).describe('Regenerations at most (methods C.12, C.15).'),
    step_reward: z.string().optional().describe("Reward that finds the wrong step; the policy's process_reward where absent."),
  }),
  needs: { stepReward: true, continuation: true },
  width: (budget) => ({ max_rounds: Math.min(budget - 1, 63) }),
  cost: '1 + max_rounds answers at most, two score calls each',
  bound: ({ max_rounds: rounds }, maxTokens, rewards) => ({
    candidates: rounds + 1,
    tokens: (rounds + 1) * maxTokens,
    scoreCalls: (rounds + 1) * (1 + rewards),
  }),
  *run(task, { max_rounds: maxRounds }) {
    const stepReward = task.stepReward!; // `needs.stepReward`: refused before it is started where there is none
    const decides = task.rewards[0] ?? stepReward;
    const versions: Scored[] = [];
    const numbering = new Numbering();
    let prefix: Prefix = root;
    for (let round = 0; round <= maxRounds; round++) {
      const firstChild = numbering.take([prefix], 1);
      const written = yield* sample({ ...task, prefixes: [prefix], count: 1, firstChild, until: 'end' });
      if (written.length === 0) break;
      const checked = yield* scoredBy(stepReward, task, unscored(written.filter((version) => version.finish !== 'error')));
      versions.push(...(yield* scoredBy(decides, task, checked)));
      const best = keepBest(versions, decides);
      if (!best) continue;
      const wrong = wrongStep(best, stepReward, task.wrongBelow);
      if (wrong === 'none' && finished(best)) return { pool: versions, stop: 'converged' };
      if (typeof wrong === 'string') break; // a version that was cut has no wrong step to show
      prefix = firstSteps(best, wrong);
    }
    return { pool: versions };
  },
});
