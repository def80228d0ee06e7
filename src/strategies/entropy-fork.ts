import { z } from 'zod';
import { note, root } from '../operation.ts';
import { define } from './define.ts';
import { forksOf } from './forks.ts';
import { StepSearch } from './step-search.ts';

/**
 * Entropy forking: the `first` answers are written from the prompt; the others fork these where the policy was least sure.
 * A fork keeps the answer up to the token before, puts another token than the drawn one there, and goes on. Forks come in
 * order of entropy, over all answers, each with its most probable other token before any with its second one. What is left
 * when there are no more of them is written from the prompt.
 *
 * Alternatives are told by their texts. Where one is also the text of a token that was drawn, its id is known, and the fork
 * is handed over as ids; else as text alone, which the backend reads as the tokens that it makes of it, and its count of
 * tokens is then that of the answer it forks. A token that would end the text is none to go on with.
 *
 * @returns the answers that reached their end or all their tokens, unordered; where none ended, one written from the first open one
 * @see methods C.11, C.15
 */
export const entropyFork = define({
  name: 'entropy_fork',
  title: 'Write whole answers, then fork them with another token where the policy was least sure.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    n: z.int().min(1).max(256).default(16).describe('Answers in all (methods C.11).'),
    first: z.int().min(1).max(256).optional().describe('Answers that are written from the prompt; half of n where absent.'),
    share: z
      .number()
      .min(0.01)
      .max(0.5)
      .default(0.2)
      .describe('Part of the tokens of an answer, those of the highest entropy, that it is forked at (methods C.11).'),
    min_gap: z.int().min(1).max(256).default(8).describe('Tokens between two forks of an answer at least (methods C.11).'),
    alternatives: z
      .int()
      .min(2)
      .max(20)
      .default(5)
      .describe('Most probable tokens that the entropy is of, and another one is taken from; a server of others may cap them.'),
  }),
  needs: { continuation: true },
  topLogprobs: ({ alternatives }) => alternatives,
  width: (budget) => ({ n: budget }),
  cost: 'at most n answers, forks without what stands before them, one score call a reward and two more',
  bound: ({ n }, maxTokens, rewards) => ({
    candidates: n + 1, // one more from the prompt, where every answer failed
    tokens: (n + 1) * maxTokens,
    scoreCalls: 2 + rewards, // each of the two samples may be scored as it is written, and what is written last by itself
  }),
  *run(task, { n, first: wanted = Math.ceil(n / 2), share, min_gap: minGap, alternatives }) {
    const search = new StepSearch(task, null);
    const first = Math.min(wanted, n);
    const begun = yield* search.complete([root], first);
    yield* note({ type: 'round', round: 0, kept: [root.id] });
    const left = begun.children.length + begun.lost.length === 0 ? 0 : n - first;
    const forks = forksOf(begun.children, task, { share, minGap, alternatives }).slice(0, left);
    const rest = left - forks.length;
    const prefixes = rest > 0 ? [...forks, root] : forks;
    const others = yield* search.complete(prefixes, [...forks.map(() => 1), rest].slice(0, prefixes.length));
    if (prefixes.length > 0) yield* note({ type: 'round', round: 1, kept: prefixes.map(({ id }) => id) });
    const gathered = yield* search.gather([...begun.growing, ...others.growing]);
    return left > 0 && forks.length === 0 && begun.children.length > 0 ? { ...gathered, warnings: [NO_FORK] } : gathered;
  },
});

const NO_FORK =
  'No answer could be forked: the log-probabilities of this policy name no other token that goes on with its text. All answers were written from the prompt.';
