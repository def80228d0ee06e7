import type { Asking } from '../operation.ts';
import type { Gathered } from './define.ts';
import type { Node, Tree, Worth } from './tree.ts';
import { ended } from './tree.ts';
import type { TreeSearch } from './tree-search.ts';
import { isAccepted } from './tree-search.ts';

/**
 * Rounds of up to `parallel` paths: each one in flight is written on, and as many new ones begin as there is room for. A path
 * that finds no way on ends with the value of the node where it stands. The first path that ends at a completed candidate of at
 * least `accept` ends the search.
 */
export function* searchByPaths(
  search: TreeSearch,
  { branch, accept }: { readonly branch: number; readonly accept?: number | undefined },
  worth: Worth,
): Asking<Gathered> {
  const { tree } = search;
  let accepted = false;
  const visit = (end: Node) => {
    accepted ||= ended(end) && isAccepted(end.ownValue, accept);
    tree.backUp(end, end.ownValue!); // only the prompt has none
  };
  let paths: readonly Node[] = [];
  for (;;) {
    const going = paths.slice(0, search.room);
    tree.release(paths.slice(search.room));
    const leaves = [...going, ...search.choose(worth, search.room - going.length, visit)];
    if (accepted || leaves.length === 0) {
      tree.release(leaves);
      return { ...(yield* search.gather()), ...(accepted ? { stop: 'threshold' } : {}) };
    }
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
