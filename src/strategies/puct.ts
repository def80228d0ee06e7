import { z } from 'zod';
import { softmaxShares } from '../selection/shares.ts';
import { mean } from '../selection/statistics.ts';
import { define } from './define.ts';
import { stepwise } from './step-search.ts';
import type { Node } from './tree.ts';
import { meanValue, nodeValue, tries } from './tree.ts';
import { searchByPaths } from './tree-paths.ts';
import { acceptOption, iterationsFor, TreeSearch, treeBound, treeOptions } from './tree-search.ts';

/**
 * PUCT with AlphaZero's constants: as `uct`, but a child is explored in proportion to its prior, which is what the policy
 * thinks of the step against its siblings, and an unvisited child has a value from the start.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.7; Silver et al. 2017
 */
export const puct = define({
  name: 'puct',
  title: 'Search a tree of steps by process reward, exploring what the policy itself finds likely.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    ...treeOptions,
    ...acceptOption,
    branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each leaf (methods C.1).'),
    prior: z
      .enum(['logprob', 'uniform'])
      .default('logprob')
      .describe("A step's prior: softmax of mean token log-probability among siblings, or the same for all (methods C.7)."),
    first_play: z
      .enum(['value', 'parent'])
      .default('value')
      .describe("Value of an unvisited child: its own, or its parent's mean less 0.1 (methods C.7)."),
    puct_base: z.number().min(1).default(19652).describe('Visits after which exploration grows (methods C.7).'),
    puct_init: z.number().min(0).max(10).default(1.25).describe('Weight of exploration at first (methods C.7).'),
  }),
  needs: stepwise,
  topLogprobs: ({ prior }) => (prior === 'logprob' ? 0 : undefined),
  width: (budget) => iterationsFor(budget, 4),
  cost: 'at most iterations x branch steps, one score call a round of `parallel` leaves and one a reward',
  bound: treeBound,
  *run(task, { prior, first_play: firstPlay, puct_base: base, puct_init: init, ...size }) {
    const priors = new Map<Node, number>();
    const priorOf = (child: Node, parent: Node): number => {
      if (!priors.has(child))
        for (const [place, share] of stepPriors(parent, prior).entries()) priors.set(parent.children[place]!, share);
      return priors.get(child)!;
    };
    return yield* searchByPaths(new TreeSearch(task, size), size, (child, parent) => {
      const unvisited = firstPlay === 'value' ? child.ownValue! : (nodeValue(parent) ?? 0) - 0.1; // the prompt has none at first
      const value = tries(child) === 0 ? unvisited : meanValue(child);
      return value + explored(priorOf(child, parent), tries(child), tries(parent), { base, init });
    });
  },
});

/** What exploration adds to the value of a child that was tried n times under a parent tried N times. */
export function explored(prior: number, n: number, parentN: number, { base, init }: { base: number; init: number }): number {
  return ((prior * Math.sqrt(parentN)) / (1 + n)) * (Math.log((parentN + base + 1) / base) + init);
}

/** One prior for each child; uniform too where the log-probabilities of a step are unknown. */
export function stepPriors(parent: Node, prior: 'logprob' | 'uniform'): number[] {
  const means = parent.children.map((child) => meanLogprob(child, parent));
  const known = means.filter((value) => value !== undefined);
  const same = parent.children.map(() => 0);
  return softmaxShares(prior === 'logprob' && known.length === means.length ? known : same, 1);
}

/** Of the tokens of the child's own step. */
function meanLogprob(child: Node, parent: Node): number | undefined {
  const step = child.prefix.logprobs?.slice(parent.prefix.logprobs?.length ?? 0) ?? [];
  return step.length === 0 ? undefined : mean(step.map(({ logprob }) => logprob));
}
