import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { note } from '../operation.ts';
import type { Bound, Gathered, StrategyTask } from './define.ts';
import { finished } from './define.ts';
import { bestFirst } from './rank.ts';
import { distinct, StepSearch } from './step-search.ts';
import { stepValue } from './step-value.ts';
import type { Node, Worth } from './tree.ts';
import { Tree } from './tree.ts';

/** Options of every tree search. */
export const treeOptions = {
  iterations: z.int().min(1).max(2048).default(64).describe('Nodes written on at most.'),
  parallel: z
    .int()
    .min(1)
    .max(32)
    .default(4)
    .describe('Leaves of one round; more use the model better and know less of each other (methods C.7).'),
  max_steps: z.int().min(1).max(200).default(40).describe('Steps of a path of the tree at most (methods C.1).'),
  step_reward: z.string().optional().describe("Reward that values prefixes; the policy's process_reward where absent."),
};

/** Of searches whose value of a completed candidate may be enough. */
export const acceptOption = {
  accept: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Value of a completed candidate that ends the search; none where absent (methods C.9, D.3).'),
};

/** Whether the value of a completed candidate is enough. */
export const isAccepted = (value: number | undefined, accept: number | undefined): boolean =>
  value !== undefined && accept !== undefined && value >= accept;

export interface TreeSize {
  readonly iterations: number;
  readonly parallel: number;
  readonly max_steps: number;
}

/** An answer's worth of steps, more than most answers have: the tokens of a budget end the search, and not its iterations. */
const STEPS_OF_AN_ANSWER = 16;

/** What an integer budget means for a search that writes so many steps an iteration. */
export const iterationsFor = (budget: number, steps: number) => ({
  iterations: Math.min(2048, Math.ceil((budget * STEPS_OF_AN_ANSWER) / steps)),
});

/** The most that a search can spend which writes `branch` steps after each node, and rolls none forward. */
export function treeBound(
  { iterations, branch }: { readonly iterations: number; readonly branch: number },
  maxTokens: number,
  rewards: number,
): Bound {
  const steps = iterations * branch + 1; // one more from the prompt, where every step was a dead end
  return { candidates: steps, tokens: steps * maxTokens, scoreCalls: iterations + 1 + rewards };
}

/** The value of a prefix in [0, 1]; undefined where it is unknown. */
export type Evaluate = (child: Scored) => number | undefined;

/** A leaf that was written on, and the nodes that its steps lead to. */
export interface Expansion {
  readonly leaf: Node;
  readonly nodes: readonly Node[];
}

/**
 * What searches with a tree share: up to `parallel` leaves a round, written on by one sample and valued by one score; what
 * has a value is planted. A prefix whose score failed is no node: its value is unknown, not 0 (methods 0.2). Which leaves,
 * and what a visit brings, is the search's own.
 */
export class TreeSearch {
  readonly tree = new Tree();
  readonly steps: StepSearch;
  readonly #task: StrategyTask;
  readonly #size: TreeSize;
  readonly #evaluate: Evaluate;
  #left: number;
  #round = 0;
  readonly #growing: Scored[] = [];

  constructor(task: StrategyTask, size: TreeSize, evaluate: Evaluate = (child) => stepValue(child, task)) {
    this.#task = task;
    this.#size = size;
    this.#evaluate = evaluate;
    this.#left = size.iterations;
    this.steps = new StepSearch(task);
  }

  /** Nodes that the next round may write on; 0 when the search is over. */
  get room(): number {
    return Math.min(this.#size.parallel, this.#left);
  }

  /** So many leaves to write on, in flight until they are released. Completed candidates on the way are visited at once. */
  choose(worth: Worth, room: number, visit: (completed: Node) => void): Node[] {
    const chosen: Node[] = [];
    while (chosen.length < room) {
      const leaf = this.tree.choose(worth);
      if (!leaf) break;
      if (leaf.growing) chosen.push(leaf);
      else {
        this.tree.release([leaf]);
        visit(leaf);
      }
    }
    return chosen;
  }

  /**
   * Writes `branch` next steps after each of these. An empty sample, the end of the budget, ends the search.
   *
   * @returns one for each leaf that got any step
   */
  *expand(leaves: readonly Node[], branch: number): Asking<Expansion[]> {
    const prefixes = leaves.map(({ prefix }) => prefix);
    const { children, growing, lost } = yield* this.steps.grow(prefixes, branch);
    const written = new Set([...children, ...lost].map(({ parent }) => parent));
    this.#left = written.size === 0 ? 0 : this.#left - leaves.length;
    const expansions: Expansion[] = [];
    for (const leaf of leaves.filter(({ prefix }) => written.has(prefix.id))) {
      const ofLeaf = children.filter(({ parent }) => parent === leaf.prefix.id);
      expansions.push({ leaf, nodes: yield* this.#plant(leaf, ofLeaf, growing) });
    }
    return expansions;
  }

  /** Tells what a round has learnt, and which nodes were written on. */
  *tell(expansions: readonly Expansion[]): Asking<void> {
    yield* tellValues(this.tree);
    yield* note({ type: 'round', round: this.#round++, kept: expansions.map(({ leaf }) => leaf.prefix.id) });
  }

  /** What the search returns; where nothing ended, the best open prefixes, as many as a round has. */
  *gather(): Asking<Gathered> {
    yield* tellValues(this.tree);
    const inner = new Set(this.tree.nodes.map(({ parent }) => parent?.prefix.id));
    const deadEnds = new Set(this.tree.nodes.filter(({ expanded }) => expanded).map(({ prefix }) => prefix.id));
    const open = bestFirst(distinct(this.#growing), this.#task.stepReward!).filter(({ id }) => !inner.has(id));
    const best = [...open.filter(({ id }) => !deadEnds.has(id)), ...open.filter(({ id }) => deadEnds.has(id))];
    return yield* this.steps.gather(best.slice(0, this.#size.parallel));
  }

  *#plant(leaf: Node, children: readonly Scored[], open: readonly Scored[]): Asking<Node[]> {
    if (children.length === 0 && leaf === this.tree.root) {
      this.tree.reopen(leaf); // where every first step is a dead end, others may not be, and there is nothing else to go on with
      return [];
    }
    const living = children.filter((child) => finished(child) || open.includes(child));
    this.#growing.push(...living.filter((child) => !finished(child)));
    const valued = living.flatMap((child) => {
      const ownValue = this.#evaluate(child);
      const growing = !finished(child) && leaf.depth + 1 < this.#size.max_steps;
      return ownValue === undefined ? [] : [{ prefix: child, growing, ownValue }];
    });
    const nodes = this.tree.add(leaf, valued);
    const planted = new Set(nodes.map(({ prefix }) => prefix.id));
    const known = new Set(valued.map(({ prefix }) => prefix.id));
    for (const { id } of living.filter((child) => !finished(child) && !planted.has(child.id)))
      yield* note({ type: 'prune', id, reason: known.has(id) ? 'duplicate' : 'score_failed' });
    return nodes;
  }
}

/** Tells the statistics of the nodes where they have changed. */
export function* tellValues(tree: Tree): Asking<void> {
  for (const { prefix, visits, valueSum } of tree.takeChanged())
    yield* note({ type: 'value', id: prefix.id, visits, value: valueSum / visits });
}
