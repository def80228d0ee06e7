import { z } from 'zod';
import type { Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { define } from './define.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { StepSearch, stepwise, tellRound } from './step-search.ts';

/**
 * Diverse verifier tree search: `n` / `branch` subtrees that never compete. In each round each grows `branch` next steps
 * from its one prefix and goes on with the best of them; one whose best step ended is done. Ends when all are, after
 * `max_steps` rounds, or when a round comes back empty. A candidate that ended and was not the best of its subtree does not
 * end it, and may still be chosen: it is paid for.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.2
 */
export const dvts = define({
  name: 'dvts',
  title: 'Grow several subtrees for themselves, each by the best of its next steps.',
  family: 'search',
  rounds: 'many',
  options: z
    .strictObject({
      n: z.int().min(1).max(256).default(16).describe('Next steps of a round in all; a multiple of `branch` (methods C.2).'),
      branch: z.int().min(1).max(32).default(4).describe('Next steps of each subtree, of which one is kept (methods C.1).'),
      max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
      step_reward: z.string().optional().describe("Reward that ranks prefixes; the policy's process_reward where absent."),
    })
    .refine(({ n, branch }) => n % branch === 0, { error: 'n must be a multiple of branch', path: ['n'] }),
  needs: stepwise,
  divides: true,
  width: (budget) => {
    const branch = Math.min(4, budget);
    return { branch, n: Math.floor(budget / branch) * branch };
  },
  cost: 'at most max_steps x n steps, one score call a round and one a reward',
  bound: ({ n, max_steps: rounds }, maxTokens, rewards) => ({
    candidates: n * rounds + 1,
    tokens: (n * rounds + 1) * maxTokens,
    scoreCalls: rounds + 1 + rewards,
  }),
  *run(task, { n, branch, max_steps: maxSteps }) {
    const search = new StepSearch(task);
    let tips: readonly Branch[] = [root];
    let open: readonly Scored[] = []; // the last prefixes that there were
    for (let round = 0; round < maxSteps && tips.length > 0; round++) {
      const { children, growing } = yield* search.grow(tips, round === 0 ? n : branch);
      const families = round === 0 ? inSubtrees(children, branch) : tips.map(({ id }) => childrenOf(id, children));
      const best = families.flatMap((family) => bestFirst(family, task.stepReward!).slice(0, 1));
      const kept = best.filter((child) => growing.includes(child));
      if (kept.length > 0) open = kept;
      tips = kept;
      yield* tellRound(round, growing, kept);
    }
    return yield* search.gather(bestFirst(open, task.stepReward!));
  },
});

const childrenOf = (id: string, children: readonly Scored[]): readonly Scored[] => children.filter(({ parent }) => parent === id);

/** The first steps by the subtree that they begin: by their number, so that one that is missing moves none. */
function inSubtrees(children: readonly Scored[], branch: number): Scored[][] {
  const subtreeOf = ({ id, parent }: Scored): number => Math.floor(Number(id.slice(parent.length + 1)) / branch);
  return [...Map.groupBy(children, subtreeOf).values()];
}
