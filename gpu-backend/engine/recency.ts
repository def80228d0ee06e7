/** What a `Recency` orders: it holds the links itself, so that it is moved without a search and without memory. */
export interface Recent<Self> {
  older: Self | null;
  newer: Self | null;
}

/** Nodes by when they were last used. A node is of one order at most. */
export class Recency<Node extends Recent<Node>> implements Iterable<Node> {
  #oldest: Node | null = null;
  #newest: Node | null = null;

  /** It is the most recently used one now, whether it was in the order before or not. */
  touch(node: Node): void {
    if (node === this.#newest) return;
    this.remove(node);
    node.older = this.#newest;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }

  remove(node: Node): void {
    if (node.older) node.older.newer = node.newer;
    else if (node === this.#oldest) this.#oldest = node.newer;
    if (node.newer) node.newer.older = node.older;
    else if (node === this.#newest) this.#newest = node.older;
    node.older = null;
    node.newer = null;
  }

  /** The least recently used first. */
  *[Symbol.iterator](): Generator<Node> {
    for (let node = this.#oldest; node; node = node.newer) yield node;
  }
}
