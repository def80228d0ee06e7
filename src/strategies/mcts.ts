import { z } from 'zod';
import type { Asking } from '../operation.ts';
import { define } from './define.ts';
import { candidateQuality } from './quality-value.ts';
import { stepwise } from './step-search.ts';
import { stepValue } from './step-value.ts';
import type { Node, Worth } from './tree.ts';
import { nodeValue, tries, upperBound } from './tree.ts';
import type { Evaluate, Expansion } from './tree-search.ts';
import { iterationsFor, TreeSearch, treeOptions } from './tree-search.ts';

/**
 * MCTS* of ReST-MCTS*: go down by upper bounds, an unvisited child first; write on the leaf that is found; roll its best child
 * forward greedily and draw that child's value towards the best that was seen on the way; then each node above is worth the
 * mean of its children by their visits. Ends when a completed candidate of at least `end_gate` is chosen, after `iterations`,
 * when nothing is left to write on, or when a sample comes back empty.
 *
 * The paper trains a model that tells quality values. A process reward tells of each step whether it is right, so its value
 * is taken as it is; where `answer_steps` is given, it is made a quality value by the paper's own recursion. The recursion
 * counts the steps that are left, which nobody knows of an open prefix, and so it is not the default.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.6; Zhang et al. 2024
 */
export const mcts = define({
  name: 'mcts',
  title: 'Search a tree of steps with greedy rollouts, as ReST-MCTS* does.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    ...treeOptions,
    branch: z.int().min(1).max(16).default(3).describe('Next steps sampled from each leaf (methods C.6).'),
    mcts_c: z.number().min(0).max(5).default(0.7).describe('Weight of exploration (methods C.6).'),
    unvisited_bonus: z
      .number()
      .min(0)
      .optional()
      .describe('Added to the value of an unvisited child, 1 in the released code; where absent, unvisited ones go first.'),
    roll_forward: z
      .int()
      .min(0)
      .max(10)
      .default(3)
      .describe('Greedy steps of a rollout at most (methods C.6); answers that are much longer are seldom completed.'),
    alpha: z.number().min(0).max(1).default(0.5).describe('Part that the best of the rollout has in a value (methods C.6).'),
    end_gate: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe('Value of a completed candidate that ends the search (methods C.6).'),
    answer_steps: z
      .int()
      .min(1)
      .max(200)
      .optional()
      .describe('Steps that an answer usually has. Where given, a prefix has the quality value of ReST-MCTS* (methods C.6).'),
  }),
  needs: stepwise,
  width: (budget) => iterationsFor(budget, 4), // three steps and a rollout
  cost: 'at most iterations x (branch + roll_forward) steps, two score calls a round of `parallel` leaves and one a reward',
  bound({ iterations, branch, roll_forward: rollForward }, maxTokens, rewards) {
    const paths = iterations * (branch + Math.min(1, rollForward)) + 1; // a rollout is of one candidate, however many steps it has
    return { candidates: paths, tokens: paths * maxTokens, scoreCalls: 2 * iterations + 1 + rewards };
  },
  *run(task, options) {
    const { branch, mcts_c: c, unvisited_bonus: bonus, end_gate: endGate, answer_steps: answerSteps } = options;
    const evaluate: Evaluate = (child) =>
      answerSteps === undefined ? stepValue(child, task) : candidateQuality(child, task, answerSteps);
    const worth = reach(c, bonus);
    const search = new TreeSearch(task, options, evaluate);
    let accepted = false;
    const visit = (completed: Node) => {
      accepted ||= nodeValue(completed)! >= endGate; // only the prompt has none
      search.tree.backUpMeans(completed);
    };
    for (;;) {
      const chosen = search.choose(worth, search.room, visit);
      search.tree.release(chosen); // all of a round end together: they only led each other apart
      if (accepted) return { ...(yield* search.gather()), stop: 'threshold' as const };
      if (chosen.length === 0) return yield* search.gather();
      const expansions = yield* search.expand(chosen, branch);
      yield* simulate(search, expansions, options, evaluate);
      for (const { leaf } of expansions) search.tree.backUpMeans(leaf);
      yield* search.tell(expansions);
    }
  },
});

/** V + c * sqrt(2 ln N / n) of a visited child; an unvisited one goes first, or has a bonus beside its own value (methods C.6). */
export const reach =
  (c: number, unvisitedBonus = Number.POSITIVE_INFINITY): Worth =>
  (child, parent) =>
    tries(child) > 0 ? upperBound(child, parent, c * Math.SQRT2) : child.ownValue! + unvisitedBonus;

/**
 * Visits the best child of each leaf. Its value is (1 - alpha) of its own and alpha of the best state of its rollout; one
 * that ended, or of whose rollout nothing is known, keeps its own (methods C.15, 0.2).
 */
function* simulate(
  search: TreeSearch,
  expansions: readonly Expansion[],
  { alpha, roll_forward: rollForward }: { readonly alpha: number; readonly roll_forward: number },
  evaluate: Evaluate,
): Asking<void> {
  const best = expansions.flatMap(({ leaf }) => leaf.children.slice(0, 1));
  const rolled = best.filter((child) => child.growing);
  const rollouts = yield* search.steps.rollForward(
    rolled.map(({ prefix }) => prefix),
    rollForward,
  );
  const states = yield* search.steps.score(rollouts.flat());
  search.steps.setAside(states);
  const values = new Map(states.map((state) => [state.id, evaluate(state)]));
  for (const child of best) {
    const rollout = rollouts[rolled.indexOf(child)] ?? [];
    const seen = rollout.flatMap(({ id }) => values.get(id) ?? []);
    const own = child.ownValue!; // only the prompt has none
    search.tree.visit(child, seen.length === 0 ? own : (1 - alpha) * own + alpha * Math.max(...seen));
  }
}
