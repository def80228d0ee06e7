import { Recency, type Recent } from './recency.ts';
import { cutSegments, type Segment } from './segments.ts';

/** Where the keys and values of an edge lie, and who takes them back. */
export interface PrefixStore {
  canKeep(count: number): boolean;
  /** Keeps positions of a row. */
  keep(row: number, from: number, to: number): Segment[];
  drop(segments: readonly Segment[]): void;
}

/** A beginning that was found; pinned against eviction until `release`. */
export interface PrefixMatch {
  /** Positions, 0 for none. */
  readonly length: number;
  /** Where they lie, in order. */
  readonly segments: readonly Segment[];
  readonly node: PrefixNode;
}

/** A node of the tree: nobody else's to change. */
export interface PrefixNode extends Recent<PrefixNode> {
  /** From its parent to here. */
  tokens: readonly number[];
  segments: readonly Segment[];
  parent: PrefixNode | null;
  /** By the first token of their edges. */
  readonly children: Map<number, PrefixNode>;
  /** Matches that end here or below it. */
  pins: number;
}

/**
 * A radix tree over tokens: what has been computed for beginnings of texts. Each edge owns the positions of its tokens;
 * positions are found token by token, so a beginning that ends inside an edge is found whole. When memory is short the
 * least recently used leaf goes first; what is pinned, and what leads to it, stays.
 */
export class PrefixTree {
  readonly #store: PrefixStore;
  readonly #root: PrefixNode = newNode({ tokens: [], segments: [], parent: null, children: new Map() });
  /** Of every node but the root. */
  readonly #order = new Recency<PrefixNode>();

  constructor(store: PrefixStore) {
    this.#store = store;
  }

  /**
   * Finds the longest known beginning of `tokens`, and pins it.
   *
   * @param most  no longer than this
   */
  match(tokens: readonly number[], most = tokens.length): PrefixMatch {
    const segments: Segment[] = [];
    let node = this.#root;
    let length = 0;
    while (length < most) {
      const child = node.children.get(tokens[length]!);
      if (!child) break;
      const shared = sharedLength(child.tokens, tokens, length, most);
      node = shared === child.tokens.length ? child : this.#split(child, shared);
      segments.push(...node.segments);
      length += shared;
    }
    this.#touch(node);
    for (let each: PrefixNode | null = node; each; each = each.parent) each.pins++;
    return { length, segments, node };
  }

  release({ node }: PrefixMatch): void {
    for (let each: PrefixNode | null = node; each; each = each.parent) each.pins--;
  }

  /**
   * Keeps what a row holds of `tokens`, as far as it is not known yet and room can be made.
   *
   * @returns false where there was no room
   */
  insert(tokens: readonly number[], row: number): boolean {
    const known = this.match(tokens);
    const missing = tokens.length - known.length;
    const room = missing === 0 || this.makeRoom(missing);
    if (missing > 0 && room) {
      const segments = this.#store.keep(row, known.length, tokens.length);
      const node = newNode({ tokens: tokens.slice(known.length), segments, parent: known.node, children: new Map() });
      known.node.children.set(node.tokens[0]!, node);
      this.#touch(node);
    }
    this.release(known);
    return room;
  }

  /** Evicts until `count` positions can be kept; false where too much is pinned. */
  makeRoom(count: number): boolean {
    while (!this.#store.canKeep(count)) {
      const oldest = this.#oldestLeaf();
      if (!oldest) return false;
      this.#remove(oldest);
    }
    return true;
  }

  #oldestLeaf(): PrefixNode | null {
    // a path is touched from its end to the root, so a leaf stands before its parents and is found among the first
    for (const node of this.#order) if (node.pins === 0 && node.children.size === 0) return node;
    return null;
  }

  #remove(node: PrefixNode): void {
    node.parent!.children.delete(node.tokens[0]!);
    this.#order.remove(node);
    this.#store.drop(node.segments);
  }

  /** Cuts an edge after `length` tokens; gives the upper part, which takes over the pins of the lower. */
  #split(node: PrefixNode, length: number): PrefixNode {
    const [before, behind] = cutSegments(node.segments, length);
    const upper = newNode({
      tokens: node.tokens.slice(0, length),
      segments: before,
      parent: node.parent,
      children: new Map([[node.tokens[length]!, node]]),
      pins: node.pins,
    });
    node.parent!.children.set(upper.tokens[0]!, upper);
    node.tokens = node.tokens.slice(length);
    node.segments = behind;
    node.parent = upper;
    this.#order.touch(upper);
    return upper;
  }

  #touch(node: PrefixNode): void {
    for (let each = node; each.parent; each = each.parent) this.#order.touch(each);
  }
}

function newNode(node: Omit<PrefixNode, 'pins' | keyof Recent<PrefixNode>> & { readonly pins?: number }): PrefixNode {
  return { pins: 0, older: null, newer: null, ...node };
}

function sharedLength(edge: readonly number[], tokens: readonly number[], from: number, most: number): number {
  const longest = Math.min(edge.length, most - from);
  let length = 1; // its first token is the child's key
  while (length < longest && edge[length] === tokens[from + length]) length++;
  return length;
}
