import { z } from 'zod';
import type { Prefix, Scored } from '../operation.ts';
import { note, root } from '../operation.ts';
import { mulberry32, subSeed } from '../random.ts';
import { Arms } from './arms.ts';
import type { StrategyTask } from './define.ts';
import { define, finished } from './define.ts';
import type { Uniform } from './distributions.ts';
import { firstSteps } from './keep-best.ts';
import { drawMean } from './posterior.ts';
import { bestFirst } from './rank.ts';
import { StepSearch } from './step-search.ts';
import { stepValue } from './step-value.ts';
import type { Node } from './tree.ts';
import { Tree } from './tree.ts';
import { acceptOption, isAccepted, tellValues, treeOptions } from './tree-search.ts';
import { wrongStep } from './wrong-step.ts';

/**
 * AB-MCTS-A, adaptive branching: a node is a whole answer, and at each one a Thompson draw decides whether to go wider, by
 * one more answer written from there, or deeper, into an answer below it that a second draw picks. From the prompt an answer
 * is written anew; from another answer what stands before its first wrong step is kept, by the process reward, and the rest
 * written again. The value of a new answer is seen at all above it. The answers of a round are drawn from the same beliefs.
 * Ends after `iterations`, when an answer of at least `accept` is written, or when a sample comes back empty.
 *
 * With steps as nodes it was no better than plain sampling, also by a perfect process reward: with six steps of accuracy 0.5
 * right in 0.38 of the runs, where as many tokens of plain samples are in 0.49, and answers as nodes in 0.88 with fewer. A
 * prefix is worth less with each wrong step, so deeper looked always worse than wider. There is one policy: the arms of the
 * paper that choose among models are not here.
 *
 * @returns the answers that reached their end or all their tokens, unordered
 * @see methods C.0, C.8; Inoue et al. 2025
 */
export const abMcts = define({
  name: 'ab_mcts',
  title: 'Write a new answer or rewrite one from its first wrong step, as Thompson draws of the process reward say.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    iterations: treeOptions.iterations.describe('Answers written at most.'),
    parallel: treeOptions.parallel.describe('Answers of one round; more use the model better and know less of each other.'),
    prior: z
      .enum(['gaussian', 'beta'])
      .default('gaussian')
      .describe(
        'What is believed of a mean at first: normal-inverse-chi-square (0, 1, 1, 0.1), or beta (0.5, 0.5) (methods C.8).',
      ),
    ...acceptOption,
    step_reward: treeOptions.step_reward.describe(
      "Reward that values answers and finds the wrong step; the policy's process_reward where absent.",
    ),
  }),
  needs: { stepReward: true, continuation: true },
  draws: true,
  width: (budget) => ({ iterations: 4 * budget }), // a typical answer has a quarter of its most tokens (api.md 4)
  cost: 'at most `iterations` answers, most of them without their first steps, one score call a round and one a reward',
  bound: ({ iterations }, maxTokens, rewards) => ({
    candidates: iterations + 1,
    tokens: (iterations + 1) * maxTokens,
    scoreCalls: iterations + 1 + rewards,
  }),
  *run(task, { prior, iterations, parallel, accept }) {
    const search = new StepSearch(task);
    const answers = new Answers(task, new Arms(drawMean[prior]));
    const open: Scored[] = []; // cut by the budget
    let accepted = false;
    for (let drawn = 0, round = 0; drawn < iterations && !accepted; round++) {
      const parents = Array.from({ length: Math.min(parallel, iterations - drawn) }, () =>
        answers.choose(mulberry32(subSeed(task.seed, 'ab_mcts answer', drawn++))),
      );
      const distinct = [...new Set(parents)];
      const counts = distinct.map((parent) => parents.filter((drawn) => drawn === parent).length);
      const prefixes = distinct.map((parent) => answers.beginning(parent));
      const { children, growing, lost } = yield* search.complete(prefixes, counts);
      if (children.length + lost.length === 0) break;
      open.push(...growing);
      for (const [place, { id }] of prefixes.entries())
        for (const child of children.filter(({ parent }) => parent === id)) answers.learn(distinct[place]!, child);
      yield* tellValues(answers.tree);
      yield* note({ type: 'round', round, kept: distinct.map(({ prefix }) => prefix.id) });
      accepted = children.some((child) => finished(child) && isAccepted(stepValue(child, task), accept));
    }
    const gathered = yield* search.gather(bestFirst(open, task.stepReward!)); // `needs.stepReward`
    return accepted ? { ...gathered, stop: 'threshold' as const } : gathered;
  },
});

/** The tree of answers, what is believed of it, and with which beginning of an answer the next one is written. */
class Answers {
  readonly tree = new Tree();
  readonly #task: StrategyTask;
  readonly #arms: Arms;
  readonly #beginnings = new Map<Node, Prefix>([[this.tree.root, root]]);

  constructor(task: StrategyTask, arms: Arms) {
    this.#task = task;
    this.#arms = arms;
  }

  choose(next: Uniform): Node {
    return this.#arms.choose(this.tree.root, next);
  }

  beginning(node: Node): Prefix {
    return this.#beginnings.get(node)!; // a node that grows has one
  }

  /** One whose score failed competes, but nothing is believed of it: its value is unknown, not 0 (methods 0.2). */
  learn(parent: Node, answer: Scored): void {
    const ownValue = stepValue(answer, this.#task);
    if (ownValue === undefined) return;
    const kept = beforeFirstWrong(answer, this.#task);
    const node = this.tree.add(parent, [{ prefix: answer, growing: kept !== undefined, ownValue }])[0]!;
    if (kept && !this.#beginnings.has(node)) this.#beginnings.set(node, kept);
    this.#arms.observe(node);
    this.tree.backUp(node, ownValue);
  }
}

/** The steps before the first wrong one; undefined where there is none, or nothing before it to keep. */
function beforeFirstWrong(answer: Scored, { stepReward, wrongBelow }: StrategyTask): Prefix | undefined {
  const place = wrongStep(answer, stepReward!, wrongBelow); // `needs.stepReward`: refused before it is started where there is none
  return typeof place === 'number' && place > 0 ? firstSteps(answer, place) : undefined;
}
