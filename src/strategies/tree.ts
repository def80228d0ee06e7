import { root } from '../operation.ts';
import type { Branch } from './step-search.ts';

/** A node of a search tree: a prefix with a value. Its tree alone changes it. */
export interface Node {
  readonly prefix: Branch;
  readonly parent: Node | null;
  /** Edges from the prompt. */
  readonly depth: number;
  /** By the step reward, in [0, 1]; undefined for the prompt, which has none. */
  readonly ownValue: number | undefined;
  /** It may be written on; what ended may not. */
  readonly growing: boolean;
  /** It has been written on: whatever came of it, it is no leaf to choose again. */
  expanded: boolean;
  /** By their own values, best first; then fewer tokens, then the order given (methods 0.3). */
  children: Node[];
  visits: number;
  /** Sum of the values that its visits brought. */
  valueSum: number;
  /** Leaves at or below it that were chosen and not released: each counts as a try of value 0 (methods C.7). */
  inFlight: number;
  /** Leaves at or below it that may be chosen. */
  choosable: number;
}

/** What a node is born with. */
export type Seed = Pick<Node, 'prefix' | 'growing'> & { readonly ownValue: number };

/** Worth of going down to `child`; the highest is chosen. */
export type Worth = (child: Node, parent: Node) => number;

/** Visits, those in flight included. */
export const tries = ({ visits, inFlight }: Node): number => visits + inFlight;

/** Mean value over all tries; of at least one. */
export const meanValue = (node: Node): number => node.valueSum / tries(node);

/** Mean value, and c times the square root of ln N / n: of N tries of the parent n are the child's (methods C.7). */
export const upperBound = (child: Node, parent: Node, c: number): number =>
  meanValue(child) + c * Math.sqrt(Math.log(tries(parent)) / tries(child));

/** What it is worth by its visits; before the first one its own value, which the prompt has not. */
export const nodeValue = ({ visits, valueSum, ownValue }: Node): number | undefined =>
  visits > 0 ? valueSum / visits : ownValue;

/** An answer ends with it. */
export const ended = ({ prefix }: Pick<Node, 'prefix'>): boolean => prefix.finish === 'stop';

/**
 * A tree of prefixes with the statistics of a search. A text stands in it once, and once more where it is an answer's. A leaf is chosen once: one
 * that grows to be written on, one that ended to be visited.
 *
 * @see methods C.6, C.7
 */
export class Tree {
  readonly root = node({ prefix: root, growing: true, ownValue: undefined }, null);
  readonly #byKey = new Map<string, Node>();
  readonly #changed = new Set<Node>();

  /** All but the prompt, in the order in which they were added. */
  get nodes(): Node[] {
    return [...this.#byKey.values()];
  }

  /**
   * Adds children of a node that was written on.
   *
   * @returns the node of each, in their order: one that had the same text before where there is one (methods C.0)
   */
  add(parent: Node, seeds: readonly Seed[]): Node[] {
    parent.expanded = true;
    return seeds.map((seed) => {
      const key = `${ended(seed)} ${seed.prefix.text}`; // an end adds no text to a step that was cut
      const known = this.#byKey.get(key);
      if (known) return known;
      const child = node(seed, parent);
      this.#byKey.set(key, child);
      parent.children = [...parent.children, child].sort(
        (a, b) => b.ownValue! - a.ownValue! || a.prefix.tokenCount - b.prefix.tokenCount, // only the prompt has no value
      );
      if (seed.growing || ended(child)) for (const above of upwards(child)) above.choosable += 1;
      return child;
    });
  }

  /** Goes down to a leaf by `worth`, the first of equal ones; the leaf is in flight then. Undefined where none is left. */
  choose(worth: Worth, from: Node = this.root): Node | undefined {
    if (from.choosable === 0) return undefined;
    let at = from;
    while (at.children.length > 0) at = highest(at, worth);
    for (const above of upwards(at)) {
      above.choosable -= 1;
      above.inFlight += 1;
    }
    return at;
  }

  /** Lets a leaf be chosen once more. */
  reopen(leaf: Node): void {
    for (const above of upwards(leaf)) above.choosable += 1;
  }

  /** Takes the virtual losses of chosen leaves back: what came of them is known, or nothing will. */
  release(leaves: readonly Node[]): void {
    for (const leaf of leaves) for (const above of upwards(leaf)) above.inFlight -= 1;
  }

  /** Counts a visit of this node alone. */
  visit(node: Node, value: number): void {
    node.visits += 1;
    node.valueSum += value;
    this.#changed.add(node);
  }

  /** Counts a visit of the node and of all above it, of the same value: each is worth the mean of its visits (methods C.7). */
  backUp(leaf: Node, value: number): void {
    for (const above of upwards(leaf)) this.visit(above, value);
  }

  /** Counts a visit of the node and of all above it: each is worth the mean of its children by their visits (methods C.6). */
  backUpMeans(leaf: Node): void {
    for (const above of upwards(leaf)) {
      const value = meanOfChildren(above) ?? nodeValue(above);
      if (value === undefined) return; // the prompt, and nothing known below it
      above.valueSum = value * above.visits;
      this.visit(above, value);
    }
  }

  /** Nodes whose statistics changed since the last call. */
  takeChanged(): Node[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }
}

function node(seed: Pick<Node, 'prefix' | 'growing' | 'ownValue'>, parent: Node | null): Node {
  return {
    ...seed,
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    expanded: false,
    children: [],
    visits: 0,
    valueSum: 0,
    inFlight: 0,
    choosable: parent === null ? 1 : 0,
  };
}

/** The node and all above it, the prompt last. */
function* upwards(leaf: Node): Iterable<Node> {
  for (let above: Node | null = leaf; above; above = above.parent) yield above;
}

function highest(parent: Node, worth: Worth): Node {
  const open = parent.children.filter(({ choosable }) => choosable > 0);
  const worths = open.map((child) => worth(child, parent));
  return open[worths.indexOf(Math.max(...worths))]!;
}

function meanOfChildren({ children }: Node): number | undefined {
  const visits = children.reduce((sum, child) => sum + child.visits, 0);
  return visits === 0 ? undefined : children.reduce((sum, child) => sum + child.valueSum, 0) / visits;
}
