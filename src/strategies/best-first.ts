import { z } from 'zod';
import { note } from '../operation.ts';
import { define } from './define.ts';
import { stepwise } from './step-search.ts';
import type { Node } from './tree.ts';
import { ended } from './tree.ts';
import { acceptOption, isAccepted, iterationsFor, TreeSearch, treeBound, treeOptions } from './tree-search.ts';

/**
 * Best-first search: of all prefixes that wait, wherever they stand, write on the best ones. Ends when a completed candidate
 * of at least `accept` is the best, after `iterations`, when none waits, or when a sample comes back empty. Prefixes of
 * different lengths are compared, so the step reward should be reduced by `last`, `min`, `mean` or `geo`: a product only
 * falls, and the shortest prefix is always the best.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.9
 */
export const bestFirst = define({
  name: 'best_first',
  title: 'Always write on the prefixes that a process reward likes best.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    ...treeOptions,
    branch: z.int().min(1).max(32).default(2).describe('Next steps sampled from each prefix (methods C.9).'),
    ...acceptOption,
    max_queue: z.int().min(1).max(4096).default(256).describe('Prefixes that wait at most; the worst are dropped (methods C.9).'),
  }),
  needs: stepwise,
  width: (budget) => iterationsFor(budget, 2),
  cost: 'at most iterations x branch steps, one score call a round of `parallel` prefixes and one a reward',
  bound: treeBound,
  *run(task, { branch, accept, max_queue: maxQueue, ...size }) {
    const search = new TreeSearch(task, size);
    let queue: Node[] = [search.tree.root];
    while (queue.length > 0 && search.room > 0) {
      const popped: Node[] = [];
      while (queue.length > 0 && popped.length < search.room) {
        const best = queue.shift()!;
        if (!ended(best)) popped.push(best);
        else if (isAccepted(best.ownValue, accept)) return { ...(yield* search.gather()), stop: 'threshold' as const };
      }
      if (popped.length === 0) break;
      const expansions = yield* search.expand(popped, branch);
      const found = expansions
        .flatMap(({ leaf, nodes }) => [leaf, ...nodes])
        .filter((node) => ended(node) || (node.growing && !node.expanded));
      const waiting = [...new Set([...queue, ...found])].sort(inTurn);
      queue = waiting.slice(0, maxQueue);
      for (const { prefix } of waiting.slice(maxQueue).filter((node) => !ended(node)))
        yield* note({ type: 'prune', id: prefix.id, reason: 'queue_full' });
      yield* search.tell(expansions);
    }
    return yield* search.gather();
  },
});

/** The higher value first, then the shorter path, then the earlier one (methods C.9). Only the prompt has no value. */
const inTurn = (a: Node, b: Node): number => b.ownValue! - a.ownValue! || a.depth - b.depth || byPath(a.prefix.id, b.prefix.id);

/** Number by number: 0.9 comes before 0.10. Of paths of one length. */
function byPath(a: string, b: string): number {
  const theirs = b.split('.').map(Number);
  const apart = a.split('.').map((number, place) => Number(number) - theirs[place]!);
  return apart.find((difference) => difference !== 0) ?? 0;
}
