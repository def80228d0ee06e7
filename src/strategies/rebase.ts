import { z } from 'zod';
import { apportion } from '../budget/apportion.ts';
import type { Asking, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { softmaxShares } from '../selection/shares.ts';
import type { StrategyTask } from './define.ts';
import { define } from './define.ts';
import { uniqueness, weighed } from './dora.ts';
import { likenesses } from './likenesses.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { distinct, StepSearch, stepwise, tellRound } from './step-search.ts';
import { stepValue } from './step-value.ts';

/**
 * Reward-balanced search: each round has `width` next steps, and a prefix gets as many of them as its part of the softmax of
 * all values. What ended, and what was a dead end, takes its place in the width with it. Parts are whole and add up exactly.
 * With diversity `dora` prefixes that are like others have less: those that would have a part are embedded, and their shares
 * weighed by how alone each is. Ends when the width is used up, after `max_steps` rounds, or when a round comes back empty.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.3, C.15; Wu et al. 2024 (REBASE), Wang et al. 2025 (DORA)
 */
export const rebase = define({
  name: 'rebase',
  title: 'Share a width of next steps among prefixes by the softmax of their values.',
  family: 'search',
  rounds: 'many',
  options: z
    .strictObject({
      width: z.int().min(1).max(256).default(16).describe('Next steps of the first round; one less for each that ended.'),
      rebase_temperature: z
        .number()
        .min(0.01)
        .max(10)
        .optional()
        .describe('Of the softmax over values; 0.2 where absent, 0.1 with `dora` (methods C.3).'),
      diversity: z
        .enum(['none', 'dora'])
        .default('none')
        .describe('`dora`: a prefix has less the more others are like it, by the cosine of their embeddings (methods C.3).'),
      embedder: z.string().optional().describe('For `dora`: the reward of kind similarity whose model embeds prefixes.'),
      dora_alpha: z
        .number()
        .min(0.001)
        .max(1)
        .default(0.01)
        .describe('For `dora`: how near 1 a cosine must be for two prefixes to count as alike (methods C.3).'),
      max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
      step_reward: z.string().optional().describe("Reward that values prefixes; the policy's process_reward where absent."),
    })
    .refine(({ diversity, embedder }) => diversity === 'dora' || embedder === undefined, {
      error: 'an embedder compares prefixes with diversity dora alone; ask for that, or leave it out',
      path: ['embedder'],
    }),
  needs: ({ diversity }) => (diversity === 'dora' ? { ...stepwise, embedder: true } : stepwise),
  width: (budget) => ({ width: budget }),
  cost: 'at most max_steps x width steps, one score call a round and one a reward; with dora one embedding of each prefix',
  bound: ({ width, max_steps: rounds, diversity }, maxTokens, rewards) => ({
    candidates: width + 1, // one more from the prompt, where every step was a dead end
    tokens: (width * rounds + 1) * maxTokens,
    scoreCalls: (diversity === 'dora' ? 2 : 1) * rounds + 1 + rewards,
  }),
  *run(task, { width, max_steps: maxSteps, ...rules }) {
    const search = new StepSearch(task);
    let left = width;
    let beams: readonly Branch[] = [root];
    let counts: readonly number[] = [left];
    let open: readonly Scored[] = []; // the last prefixes that there were
    let unread = 0;
    for (let round = 0; round < maxSteps && beams.length > 0; round++) {
      const { children, growing, lost } = yield* search.grow(beams, counts);
      left -= lost.length + children.length - growing.length;
      const different = distinct(growing);
      const { parts, unread: more } = yield* divide(different, Math.max(0, left), task, rules);
      unread += more;
      const kept = different.filter((_, place) => parts[place]! > 0);
      if (growing.length > 0) open = bestFirst(different, task.stepReward!);
      beams = kept;
      counts = parts.filter((part) => part > 0);
      yield* tellRound(round, growing, kept);
    }
    const warnings = unread > 0 ? [`Prefixes that could not be embedded, and counted as unlike all others: ${unread}.`] : [];
    return { ...(yield* search.gather(open)), warnings };
  },
});

interface Rules {
  readonly rebase_temperature?: number | undefined;
  readonly diversity: 'none' | 'dora';
  readonly dora_alpha: number;
}

/** How many next steps each prefix gets, and how many prefixes could not be compared. */
function* divide(
  prefixes: readonly Scored[],
  total: number,
  task: StrategyTask,
  { diversity, dora_alpha: alpha, rebase_temperature: temperature = diversity === 'dora' ? 0.1 : 0.2 }: Rules,
): Asking<{ readonly parts: readonly number[]; readonly unread: number }> {
  const qualities = shares(prefixes, task, temperature);
  const parts = apportion(qualities, total);
  const places = [...parts.keys()].filter((place) => parts[place]! > 0);
  if (diversity === 'none' || places.length < 2) return { parts, unread: 0 };
  const texts = places.map((place) => prefixes[place]!.text);
  const { cosines, unread } = yield* likenesses(task.embedder!, texts); // `needs.embedder`: refused where there is none
  const weights = weighed(
    places.map((place) => qualities[place]!),
    uniqueness(cosines, alpha),
  );
  const divided = new Map(apportion(weights, total).map((part, index) => [places[index]!, part]));
  return { parts: parts.map((_, place) => divided.get(place) ?? 0), unread };
}

/** The softmax of the values. A prefix without a value has no part, unless none has one: then all have the same. */
function shares(candidates: readonly Scored[], task: StrategyTask, temperature: number): number[] {
  const values = candidates.map((candidate) => stepValue(candidate, task));
  const unknown = values.every((value) => value === undefined) ? 0 : Number.NEGATIVE_INFINITY;
  return softmaxShares(
    values.map((value) => value ?? unknown),
    temperature,
  );
}
