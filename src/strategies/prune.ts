import { z } from 'zod';
import type { Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { define, finished } from './define.ts';
import { bestFirst, byValue } from './rank.ts';
import type { Branch } from './step-search.ts';
import { StepSearch, tellRound } from './step-search.ts';
import { keptOf, mayBeBest } from './survivors.ts';

const methods = ['speculative_rejection', 'successive_halving', 'racing'] as const;

interface Rules {
  readonly method: (typeof methods)[number];
  readonly prune_alpha: number;
  readonly min_keep: number;
  readonly sigmas?: readonly number[] | undefined;
  readonly z: number;
}

/**
 * Pruning: `n` answers are begun from the prompt; at each checkpoint, a number of tokens, a reward ranks what they are so
 * far, and only some are written on. Successive halving ranks those that are still open; speculative rejection ranks those
 * that ended too, which take places of the kept ones; racing drops those that can hardly become the best. What ended is
 * never dropped, and what was dropped is never chosen.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods D.4, D.10; Sun et al. 2024 (speculative rejection)
 */
export const prune = define({
  name: 'prune',
  title: 'Begin many answers and write on those that a reward likes best so far.',
  family: 'search',
  rounds: 'many',
  options: z
    .strictObject({
      n: z.int().min(1).max(256).default(16).describe('Answers that are begun.'),
      method: z
        .enum(methods)
        .default('speculative_rejection')
        .describe('Who is ranked at a checkpoint: open ones, those that ended too, or by bounds (methods D.4).'),
      prune_alpha: z.number().min(0.05).max(0.95).default(0.5).describe('Share that is dropped at a checkpoint (methods D.4).'),
      checkpoints: z
        .array(z.int().min(1))
        .min(1)
        .max(16)
        .refine((tokens) => tokens.every((count, place) => place === 0 || count > tokens[place - 1]!), {
          error: 'checkpoints must ascend',
        })
        .optional()
        .describe(
          'Tokens of an answer at which it is ranked; 256 and 1024 where absent (methods D.4), or an eighth and a half of max_tokens where it is no more than 256. Those from max_tokens on are left out.',
        ),
      min_keep: z.int().min(1).max(256).default(1).describe('Kept at least at a checkpoint (methods D.4).'),
      sigmas: z
        .array(z.number().min(0))
        .optional()
        .describe(
          'For racing: how far the final score is from the one at each checkpoint, as a standard deviation that was measured.',
        ),
      z: z.number().min(0).max(10).default(1.645).describe('For racing: standard deviations that a bound is away (methods D.4).'),
      step_reward: z
        .string()
        .optional()
        .describe("Process reward or classifier that ranks beginnings; the policy's process_reward where absent."),
    })
    .refine(({ method, sigmas }) => (method === 'racing') === (sigmas !== undefined), {
      error: 'racing needs sigmas, and no other method takes them',
      path: ['sigmas'],
    })
    .refine(({ sigmas, checkpoints }) => sigmas === undefined || sigmas.length === checkpoints?.length, {
      error: 'there must be one of the sigmas for each of the checkpoints',
      path: ['sigmas'],
    }),
  needs: { stepReward: 'or_classifier', continuation: true },
  width: (budget) => ({ n: budget }),
  cost: 'n answers up to the first checkpoint, the kept ones up to the next; one score call a checkpoint, one at the end and one a reward',
  bound: ({ n, checkpoints }, maxTokens, rewards) => ({
    candidates: n + 1, // one more from the prompt, where every answer failed
    tokens: (n + 1) * maxTokens,
    scoreCalls: stagesOf(checkpoints, maxTokens).length + 1 + rewards,
  }),
  *run(task, { n, checkpoints, ...rules }) {
    const search = new StepSearch(task);
    let tips: readonly Branch[] = [root];
    let ended: readonly Scored[] = []; // those that still take places of the kept ones
    let open: readonly Scored[] = []; // the last ones that there were
    const count = { begun: 0, pruned: 0 };
    for (const [stage, checkpoint] of stagesOf(checkpoints, task.sampling.max_tokens).entries()) {
      const { children, growing } = yield* search.complete(tips, stage === 0 ? n : 1, checkpoint);
      const field = [...ended, ...children.filter(finished), ...growing];
      const kept = checkpoint === undefined ? field : survivors(field, task.stepReward!, stage, rules);
      ended = kept.filter(finished);
      const goingOn = kept.filter((candidate) => growing.includes(candidate));
      if (stage === 0) count.begun = children.length;
      count.pruned += growing.length - goingOn.length;
      if (goingOn.length > 0) open = goingOn;
      tips = goingOn;
      yield* tellRound(stage, growing, goingOn);
      if (tips.length === 0) break;
    }
    const gathered = yield* search.gather(bestFirst(open, task.stepReward!));
    return { ...gathered, prunedShare: count.pruned / Math.max(1, count.begun) };
  },
});

/** Where each stretch of writing ends: the checkpoints before the last token, then the end itself. */
function stagesOf(given: readonly number[] | undefined, maxTokens: number): (number | undefined)[] {
  const usual = maxTokens > 256 ? [256, 1024] : [Math.ceil(maxTokens / 8), Math.ceil(maxTokens / 2)];
  return [...new Set((given ?? usual).filter((tokens) => tokens < maxTokens)), undefined]; // of 2 tokens both are the first
}

/** Who goes on after a checkpoint, best first. */
function survivors(field: readonly Scored[], reward: string, stage: number, rules: Rules): Scored[] {
  const { method, prune_alpha: alpha, min_keep: least, sigmas, z } = rules;
  const ranked = byValue(asBegun(method === 'successive_halving' ? field.filter((one) => !finished(one)) : field), reward);
  if (method !== 'racing') return ranked.slice(0, keptOf(ranked.length, alpha, least));
  const hopeful = mayBeBest(ranked, reward, z * sigmas![stage]!); // the schema has one for each
  return ranked.filter((candidate, place) => place < least || hopeful.includes(candidate));
}

/** In the order in which they were begun: of equals the first one goes on (methods D.4). */
const asBegun = (candidates: readonly Scored[]): Scored[] => candidates.toSorted((a, b) => numberOf(a) - numberOf(b));
const numberOf = ({ id }: Scored): number => Number(id.split('.')[1]);
