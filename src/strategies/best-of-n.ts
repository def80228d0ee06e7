import { z } from 'zod';
import { root, sample } from '../operation.ts';
import { define, fusible, unscored } from './define.ts';
import { Numbering } from './numbering.ts';

/**
 * Best-of-N: sample `n` complete candidates, score each once, let the selection rule pick.
 *
 * @see methods A.1; Cobbe et al. 2021
 */
export const bestOfN = define({
  name: 'best_of_n',
  title: 'Sample n complete candidates and pick one.',
  family: 'best_of_n',
  rounds: 'one',
  options: z.strictObject({
    n: z.int().min(1).max(256).default(8).describe('Complete candidates; 4 to 64 gain the most (methods A.1).'),
  }),
  needs: {},
  width: (budget) => ({ n: budget }),
  cost: 'n x max_tokens tokens, one score call a reward',
  bound: ({ n }, maxTokens, rewards) => ({ candidates: n, tokens: n * maxTokens, scoreCalls: rewards }),
  *run(task, { n }) {
    const firstChild = (task.numbering ?? new Numbering()).take([root], n);
    return {
      pool: unscored(
        yield* sample({
          ...task,
          prefixes: [root],
          count: n,
          firstChild,
          until: 'end',
          scoredBy: fusible(task, task.rewards[0]),
        }),
      ),
    };
  },
});
