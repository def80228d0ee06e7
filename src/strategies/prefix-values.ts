import { z } from 'zod';
import type { Asking, Prefix, Scored } from '../operation.ts';
import { note, root } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { define, tokensLeft } from './define.ts';
import { firstTokens } from './first-tokens.ts';
import { firstSteps } from './keep-best.ts';
import { outcomesOf } from './outcomes.ts';
import type { PrefixNode } from './prefix-nodes.ts';
import { leastKnown, prefixNodes } from './prefix-nodes.ts';
import { bestFirst } from './rank.ts';
import { StepSearch } from './step-search.ts';

/**
 * Prefix-tree values: whole answers are merged by the beginnings that they share, and a beginning is worth the mean outcome
 * of the answers through it, drawn to its parent's. The next `batch` is written on from the beginning of which least is
 * known where it matters, by V (1 - V) / sqrt(n). The outcome is the first reward's; answers whose score failed are no part
 * of it. Ends after `n` answers, or when a sample comes back empty.
 *
 * The tree tells the value of each beginning that was written on: its mean, not the one that is drawn to the parent's.
 *
 * @returns the answers that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.10, C.15
 */
export const prefixValues = define({
  name: 'prefix_values',
  title: 'Write whole answers, and more from the shared beginning whose value is least known.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    n: z.int().min(1).max(256).default(16).describe('Answers in all (methods C.10).'),
    first: z.int().min(1).max(256).optional().describe('Answers of the first round, from the prompt; half of n where absent.'),
    batch: z.int().min(1).max(256).default(4).describe('Answers of each later round, all from one beginning (methods C.10).'),
    kappa: z
      .number()
      .min(0)
      .max(1024)
      .default(1)
      .describe("Answers that a parent's value counts as in the value of a beginning (methods C.10)."),
    unit: z
      .enum(['token', 'step'])
      .default('token')
      .describe(
        'What beginnings are made of. Tokens need log-probabilities, which tell where each ends in the text; where a policy has no ids of them, they are steps all the same (methods C.10).',
      ),
  }),
  needs: { reward: true, continuation: true },
  topLogprobs: ({ unit }) => (unit === 'token' ? 0 : undefined),
  width: (budget) => ({ n: budget }),
  cost: 'at most n answers, those of later rounds without their beginnings, one score call a round and one a further reward',
  bound: ({ n, first = half(n), batch }, maxTokens, rewards) => ({
    candidates: n + 1, // one more from the prompt, where every answer failed
    tokens: (n + 1) * maxTokens,
    scoreCalls: (1 + Math.ceil(Math.max(0, n - first) / batch) + 1) * rewards,
  }),
  *run(task, { n, first = half(n), batch, kappa, unit }) {
    const reward = task.rewards[0]!; // `needs.reward`: refused before it is started where there is none
    const search = new StepSearch(task, reward);
    const written = new Set([root.id]);
    const answers: Scored[] = [];
    const open: Scored[] = []; // cut by the budget
    let beginning: Prefix = root;
    for (let [round, left] = [0, n]; left > 0; round++) {
      const count = Math.min(round === 0 ? first : batch, left);
      const { children, growing, lost } = yield* search.complete([beginning], count);
      if (children.length + lost.length === 0) break;
      left -= count;
      answers.push(...children);
      open.push(...growing);
      const tree = new SharedBeginnings(answers, task, { kappa, unit });
      yield* tree.tell(written.add(beginning.id));
      yield* note({ type: 'round', round, kept: [beginning.id] });
      beginning = tree.next();
    }
    return yield* search.gather(bestFirst(open, reward));
  },
});

const half = (n: number): number => Math.ceil(n / 2);

/** The beginnings that answers share, with what these say of them. */
class SharedBeginnings {
  readonly #answers: readonly Scored[];
  readonly #task: StrategyTask;
  readonly #byTokens: boolean;
  readonly #nodes: readonly PrefixNode[];

  constructor(answers: readonly Scored[], task: StrategyTask, { kappa, unit }: { kappa: number; unit: 'token' | 'step' }) {
    const outcomes = outcomesOf(answers, task);
    this.#task = task;
    this.#answers = answers.filter((_, place) => outcomes[place] !== undefined);
    this.#byTokens = unit === 'token' && this.#answers.every(({ tokens, textEnds }) => tokens && textEnds);
    const responses = this.#answers.map((answer) => (this.#byTokens ? tokensOf(answer) : answer.steps));
    const known = outcomes.filter((outcome) => outcome !== undefined);
    this.#nodes = prefixNodes(
      responses.map((units, place) => ({ units, outcome: known[place]! })),
      kappa,
    );
  }

  /** What is written on next. A beginning that cannot be cut out of its answer, or has no token left, is its parent. */
  next(): Prefix {
    for (let node = leastKnown(this.#nodes) ?? null; node !== null; node = node.parent) {
      const prefix = this.#prefix(node);
      if (prefix && tokensLeft(prefix, this.#task.sampling) > 0) return prefix;
    }
    return root;
  }

  /** Tells the values of those beginnings. */
  *tell(written: ReadonlySet<string>): Asking<void> {
    for (const node of this.#nodes) {
      const id = this.#prefix(node)?.id;
      if (id !== undefined && written.has(id))
        yield* note({ type: 'value', id, visits: node.responses.length, value: node.value });
    }
  }

  #prefix({ length, responses }: PrefixNode): Prefix | undefined {
    if (length === 0) return root;
    const answer = this.#answers[responses[0]!]!;
    return this.#byTokens ? firstTokens(answer, length) : firstSteps(answer, length);
  }
}

/** Those that its text is made of: an end token, or what a stop string was left out of, is no part of a beginning. */
function tokensOf({ text, tokens = [], textEnds = [] }: Scored): readonly number[] {
  if (text === '') return [];
  const last = textEnds.findIndex((end) => end >= text.length);
  return last < 0 ? tokens : tokens.slice(0, last + 1);
}
