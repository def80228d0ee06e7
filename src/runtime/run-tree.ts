import { type NodeState, promptNode, type Tree, type TreeNode } from '../../schemas/tree.ts';
import type { Candidate, Note, Operation, Prefix, Result, Score } from '../operation.ts';
import { writesAnswers } from '../operation.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The tree of a run, from the operations of its strategy and their results: what was sampled, how it was scored, who was
 * kept. Nothing is told to it in another way, so a replay draws the same tree.
 */
export class RunTree {
  readonly #nodes = new Map<string, Mutable<TreeNode>>();

  constructor() {
    this.#add({ ...promptNode });
  }

  /** Takes a result in. @returns the nodes that are new or have changed */
  observe(operation: Operation, result: Result): readonly TreeNode[] {
    switch (operation.kind) {
      case 'sample': {
        if (result.kind !== 'sample' || !writesAnswers(operation.role)) return [];
        const prefixes = new Map(operation.prefixes.map((prefix) => [prefix.id, prefix]));
        return result.candidates.flatMap((candidate) => this.#sampled(candidate, prefixes.get(candidate.parent)));
      }
      case 'score':
        return result.kind === 'score'
          ? operation.candidates.flatMap(({ id }, place) => this.#scored(id, operation.reward, result.scores[place]))
          : [];
      case 'note':
        return this.#noted(operation.note);
      case 'read':
      case 'together':
        return [];
    }
  }

  /** All nodes, parents before their children, with the one that was chosen. */
  nodes(chosen: string): Tree {
    return [...this.#nodes.values()].map((node) => ({ ...node, state: node.id === chosen ? 'chosen' : node.state }));
  }

  #sampled(candidate: Candidate, prefix: Prefix | undefined): TreeNode[] {
    const { id, parent, written, tokenCount, finish, reason } = candidate;
    const begun = this.#begun(parent, prefix?.forced);
    const node = this.#add({
      id,
      parent,
      text: written,
      tokens: Math.max(0, tokenCount - (prefix?.tokenCount ?? 0)),
      state: stateOf(candidate),
      finish,
      ...(reason === undefined ? {} : { reason }),
      scores: {},
    });
    return [...begun, node];
  }

  /**
   * A parent that is the beginning of a candidate is a node of its own, below that candidate; a token that was put after it
   * is another one, below the beginning.
   */
  #begun(id: string, forced?: string): TreeNode[] {
    const at = id.lastIndexOf('@');
    if (this.#nodes.has(id) || at < 0) return [];
    const parent = id.slice(0, forced === undefined ? at : id.lastIndexOf('.'));
    const before = forced === undefined ? [] : this.#begun(parent);
    return [...before, this.#add({ id, parent, text: forced ?? '', tokens: 0, state: 'kept', scores: {} })];
  }

  #scored(id: string, reward: string, score: Score | undefined): TreeNode[] {
    return this.#change(id, (node) => {
      node.scores = { ...node.scores, [reward]: score?.ok ? score.value : null };
    });
  }

  #noted(note: Note): TreeNode[] {
    switch (note.type) {
      case 'prune':
        return this.#change(note.id, (node) => {
          node.state = 'pruned';
          node.reason = note.reason;
        });
      case 'round':
        return note.kept.flatMap((id) =>
          this.#change(id, (node) => {
            if (node.state === 'open' || node.state === 'pruned') node.state = 'kept';
          }),
        );
      case 'value':
        return this.#change(note.id, (node) => {
          node.visits = note.visits;
          node.value = note.value;
        });
    }
  }

  #add(node: TreeNode): TreeNode {
    this.#nodes.set(node.id, node);
    return node;
  }

  #change(id: string, change: (node: Mutable<TreeNode>) => void): TreeNode[] {
    const node = this.#nodes.get(id);
    if (!node) return [];
    change(node);
    return [node];
  }
}

function stateOf({ finish }: Candidate): NodeState {
  switch (finish) {
    case 'stop':
      return 'finished';
    case 'error':
    case 'cancelled':
      return 'failed';
    case 'step':
      return 'open';
    case 'length':
    case 'budget':
      return 'cut';
  }
}
