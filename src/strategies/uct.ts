import { z } from 'zod';
import type { Asking } from '../operation.ts';
import type { Gathered } from './define.ts';
import { define } from './define.ts';
import type { Node, Tree, Worth } from './tree.ts';
import { meanValue, tries } from './tree.ts';
import { iterationsFor, TreeSearch, treeOptions } from './tree-search.ts';

/**
 * UCT: a path begins at the prompt and goes down to the child with the highest upper bound of its mean value, an unvisited
 * one first. A leaf is written on, and the path goes on below it until it reaches a completed candidate, whose value counts
 * as a visit of all that is above. A path that stopped at its first new leaf would grow a tree that is wide and shallow, and
 * complete nothing: values of good steps are much alike. A completed candidate is visited once: its value does not change.
 * Ends after `iterations`, when nothing is left to write on, or when a sample comes back empty.
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
    branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each leaf (methods C.1).'),
    mcts_c: z
      .number()
      .min(0)
      .max(5)
      .default(Math.SQRT2)
      .describe('Weight of exploration; the square root of 2 for values from 0 to 1 (methods C.7).'),
  }),
  needs: { stepReward: true, continuation: true, steps: true },
  width: (budget) => iterationsFor(budget, 4),
  cost: 'at most iterations x branch steps, one score call a round of `parallel` leaves and one a reward',
  bound: ({ iterations, branch }, maxTokens, rewards) => ({
    candidates: iterations * branch + 1, // one more from the prompt, where every step was a dead end
    tokens: (iterations * branch + 1) * maxTokens,
    scoreCalls: iterations + 1 + rewards,
  }),
  *run(task, { branch, mcts_c: c, ...size }) {
    return yield* searchByPaths(new TreeSearch(task, size), branch, (child, parent) =>
      tries(child) === 0 ? Number.POSITIVE_INFINITY : upperBound(child, parent, c),
    );
  },
});

/** Mean value, and c times the square root of ln N / n. */
export const upperBound = (child: Node, parent: Node, c: number): number =>
  meanValue(child) + c * Math.sqrt(Math.log(tries(parent)) / tries(child));

/**
 * Rounds of up to `parallel` paths: each one in flight is written on, and as many new ones begin as there is room for. A path
 * that finds no way on ends with the value of the node where it stands.
 */
export function* searchByPaths(search: TreeSearch, branch: number, worth: Worth): Asking<Gathered> {
  const { tree } = search;
  const visit = (end: Node) => tree.backUp(end, end.ownValue!); // only the prompt has none
  let paths: readonly Node[] = [];
  for (;;) {
    const going = paths.slice(0, search.room);
    tree.release(paths.slice(search.room));
    const leaves = [...going, ...search.choose(worth, search.room - going.length, visit)];
    if (leaves.length === 0) return yield* search.gather();
    const expansions = yield* search.expand(leaves, branch);
    paths = leaves.flatMap((leaf) => advance(tree, leaf, worth, visit));
    yield* search.tell(expansions);
  }
}

/** The leaf where the path that stood at `leaf` goes on; none where it has ended, and has visited its end. */
function advance(tree: Tree, leaf: Node, worth: Worth, visit: (end: Node) => void): Node[] {
  const next = tree.choose(worth, leaf);
  tree.release([leaf]);
  if (next?.growing) return [next];
  if (next) tree.release([next]);
  const end = next ?? leaf;
  const reached = next !== undefined || leaf.expanded; // not where the budget ended before it
  if (reached && end.parent) visit(end);
  return [];
}
