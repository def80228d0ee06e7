import { z } from 'zod';
import { define } from './define.ts';
import { stepwise } from './step-search.ts';
import { tries, upperBound } from './tree.ts';
import { searchByPaths } from './tree-paths.ts';
import { acceptOption, iterationsFor, TreeSearch, treeBound, treeOptions } from './tree-search.ts';

/**
 * UCT: a path begins at the prompt and goes down to the child with the highest upper bound of its mean value, an unvisited
 * one first. A leaf is written on, and the path goes on below it until it reaches a completed candidate, whose value counts
 * as a visit of all that is above. A path that stopped at its first new leaf would grow a tree that is wide and shallow, and
 * complete nothing: values of good steps are much alike. A completed candidate is visited once: its value does not change.
 * Ends when a completed candidate of at least `accept` is visited, after `iterations`, when nothing is left to write on, or
 * when a sample comes back empty.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.7; Kocsis and Szepesvari 2006
 */
export const uct = define({
  name: 'uct',
  title: 'Search a tree of steps where the upper bound of the mean process reward is highest.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    ...treeOptions,
    ...acceptOption,
    branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each leaf (methods C.1).'),
    mcts_c: z
      .number()
      .min(0)
      .max(5)
      .default(Math.SQRT2)
      .describe('Weight of exploration; the square root of 2 for values from 0 to 1 (methods C.7).'),
  }),
  needs: stepwise,
  width: (budget) => iterationsFor(budget, 4),
  cost: 'at most iterations x branch steps, one score call a round of `parallel` leaves and one a reward',
  bound: treeBound,
  *run(task, { mcts_c: c, ...size }) {
    return yield* searchByPaths(new TreeSearch(task, size), size, (child, parent) =>
      tries(child) === 0 ? Number.POSITIVE_INFINITY : upperBound(child, parent, c),
    );
  },
});
