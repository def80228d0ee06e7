import type { Uniform } from './distributions.ts';
import type { Observations } from './posterior.ts';
import { nothingSeen, observe } from './posterior.ts';
import type { Node } from './tree.ts';

/** What was seen at a node. */
export interface Seen {
  /** Values of the answers that were written from it: what a new one may be worth. */
  wider: Observations;
  /** Values of the answers below those: what going into one of them may be worth. */
  deeper: Observations;
  /** Its own value and all below it: what going into it may be worth. */
  own: Observations;
}

/** The arms of all nodes, and draws from them. */
export class Arms {
  readonly #draw: (next: Uniform, seen: Observations) => number;
  readonly #seen = new Map<Node, Seen>();

  constructor(draw: (next: Uniform, seen: Observations) => number) {
    this.#draw = draw;
  }

  /** The node from which the next answer is written. One without a child that may be written from is always such a node. */
  choose(root: Node, next: Uniform): Node {
    let at = root;
    for (;;) {
      const children = at.children.filter((child) => child.growing);
      const { wider, deeper } = this.of(at);
      if (children.length === 0 || this.#draw(next, wider) >= this.#draw(next, deeper)) return at;
      const draws = children.map((child) => this.#draw(next, this.of(child).own));
      at = children[draws.indexOf(Math.max(...draws))]!;
    }
  }

  /** Takes in the value of a new node, or of one that was written again. */
  observe(node: Node): void {
    const value = node.ownValue!; // only the prompt has none
    const { parent } = node;
    for (let at: Node | null = node; at; at = at.parent) {
      const seen = this.of(at);
      seen.own = observe(seen.own, value);
      if (at === parent) seen.wider = observe(seen.wider, value);
      else if (at !== node) seen.deeper = observe(seen.deeper, value);
    }
  }

  of(node: Node): Seen {
    const known = this.#seen.get(node) ?? { wider: nothingSeen, deeper: nothingSeen, own: nothingSeen };
    this.#seen.set(node, known);
    return known;
  }
}
