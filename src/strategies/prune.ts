import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { define, finished, scoredBy } from './define.ts';
import { bestFirst, byValue } from './rank.ts';
import type { Branch } from './step-search.ts';
import { StepSearch, tellRound } from './step-search.ts';
import type { Stretch } from './survivors.ts';
import { costOf, keptOf, mayBeBest, notBelow } from './survivors.ts';

const methods = ['speculative_rejection', 'successive_halving', 'racing', 'threshold'] as const;

interface Rules {
  readonly method: (typeof methods)[number];
  readonly prune_alpha: number;
  readonly min_keep: number;
  readonly sigmas?: readonly number[] | undefined;
  readonly z: number;
  readonly floor?: number | undefined;
}

/**
 * Pruning: `n` answers are begun from the prompt; at each checkpoint, a number of tokens, a reward ranks what they are so
 * far, and only some are written on. Successive halving ranks those that are still open; speculative rejection ranks those
 * that ended too, which take places of the kept ones; racing drops those that can hardly become the best; threshold, the
 * goal-conditioned filter, those below a floor. What ended is never dropped, and what was dropped is never chosen.
 *
 * With `checkpoint_rewards` each checkpoint has a reward of its own, as for pictures that are less and less noisy (TTSnap).
 * Their scores are compared within a checkpoint alone; answers are chosen by the rewards of the task.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods D.4, D.5, D.10; Sun et al. 2024 (speculative rejection)
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
        .describe('Who goes on: the best of open ones, of those that ended too, by bounds, or all above a floor (methods D.4).'),
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
      floor: z
        .number()
        .optional()
        .describe(
          'For threshold, the goal-conditioned filter: beginnings with a lower score are dropped; tuned so that accuracy held out does not fall (methods D.4).',
        ),
      step_reward: z
        .string()
        .optional()
        .describe(
          "Reward that ranks beginnings: process, classifier, similarity or tensor; the policy's process_reward where absent.",
        ),
      checkpoint_rewards: z
        .array(z.string())
        .min(1)
        .max(16)
        .optional()
        .describe('In the place of step_reward: a reward for each of the checkpoints, which knows how far it is (methods D.5).'),
    })
    .refine(({ method, sigmas }) => (method === 'racing') === (sigmas !== undefined), {
      error: 'racing needs sigmas, and no other method takes them',
      path: ['sigmas'],
    })
    .refine(({ sigmas, checkpoints }) => sigmas === undefined || sigmas.length === checkpoints?.length, {
      error: 'there must be one of the sigmas for each of the checkpoints',
      path: ['sigmas'],
    })
    .refine(({ method, floor }) => (method === 'threshold') === (floor !== undefined), {
      error: 'threshold needs a floor, and no other method takes one',
      path: ['floor'],
    })
    .refine(({ checkpoint_rewards: names, checkpoints }) => names === undefined || names.length === checkpoints?.length, {
      error: 'there must be one of the checkpoint_rewards for each of the checkpoints',
      path: ['checkpoint_rewards'],
    })
    .refine(({ checkpoint_rewards: names, step_reward: name }) => names === undefined || name === undefined, {
      error: 'checkpoint_rewards take the place of step_reward',
      path: ['step_reward'],
    }),
  needs: ({ checkpoint_rewards: checkpointRewards }) =>
    checkpointRewards
      ? { checkpointRewards, reward: true, continuation: true }
      : { stepReward: 'or_classifier', continuation: true },
  width: (budget) => ({ n: budget }),
  cost: 'n answers up to the first checkpoint, the kept ones up to the next; one score call a checkpoint, one at the end and one a reward',
  bound: (options, maxTokens, rewards) => {
    const stretches = stretchesOf(options, maxTokens);
    const scorings = stretches.length * (options.checkpoint_rewards ? 2 : 1); // a new reward scores those that ended, too
    return {
      candidates: options.n + 1, // one more from the prompt, where every answer failed
      tokens: costOf(stretches, 1, 0) + maxTokens,
      scoreCalls: scorings + 1 + rewards,
    };
  },
  *run(task, { n, checkpoints, checkpoint_rewards: rewards, ...rules }) {
    const search = new StepSearch(task);
    let tips: readonly Branch[] = [root];
    let ended: readonly Scored[] = []; // those that still take places of the kept ones
    let open: readonly Scored[] = []; // the last ones that there were
    const count = { begun: 0, pruned: 0 };
    for (const [stage, checkpoint] of stagesOf(checkpoints, task.sampling.max_tokens).entries()) {
      const last = checkpoint === undefined;
      const reward = rewards ? (last ? null : rewards[stage]!) : task.stepReward; // the schema has one a checkpoint
      const ranking = last ? null : reward;
      const { children, growing } = yield* search.complete(tips, stage === 0 ? n : 1, checkpoint, reward);
      const rivals = yield* rivalsOf(ended, ranking, task, rules);
      const field = [...rivals, ...children.filter(finished), ...growing];
      const kept = ranking === null ? field : survivors(field, ranking, stage, rules);
      ended = kept.filter(finished);
      const goingOn = kept.filter((candidate) => growing.includes(candidate));
      if (stage === 0) count.begun = children.length;
      count.pruned += growing.length - goingOn.length;
      if (goingOn.length > 0) open = reward === null ? goingOn : bestFirst(goingOn, reward);
      tips = goingOn;
      yield* tellRound(stage, growing, goingOn);
      if (tips.length === 0) break;
    }
    const gathered = yield* search.gather(open);
    return { ...gathered, prunedShare: count.pruned / Math.max(1, count.begun) };
  },
});

/** Those that ended, with the scores that the others are ranked by: one reward's numbers say nothing beside another's. */
function* rivalsOf(
  ended: readonly Scored[],
  ranking: string | null,
  task: StrategyTask,
  { method }: Rules,
): Asking<readonly Scored[]> {
  return ranking === null || method === 'successive_halving' ? ended : yield* scoredBy(ranking, task, ended);
}

/** How many are written in each stretch at most, and where it ends. */
function stretchesOf(
  { n, checkpoints, ...rules }: Rules & { n: number; checkpoints?: readonly number[] | undefined },
  maxTokens: number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let count = n;
  for (const end of stagesOf(checkpoints, maxTokens)) {
    stretches.push({ count, end: end ?? maxTokens });
    const shares = rules.method === 'speculative_rejection' || rules.method === 'successive_halving';
    if (shares) count = Math.min(count, keptOf(count, rules.prune_alpha, rules.min_keep));
  }
  return stretches;
}

/** Where each stretch of writing ends: the checkpoints before the last token, then the end itself. */
function stagesOf(given: readonly number[] | undefined, maxTokens: number): (number | undefined)[] {
  const usual = maxTokens > 256 ? [256, 1024] : [Math.ceil(maxTokens / 8), Math.ceil(maxTokens / 2)];
  return [...new Set((given ?? usual).filter((tokens) => tokens < maxTokens)), undefined]; // of 2 tokens both are the first
}

/** Who goes on after a checkpoint, best first. */
function survivors(field: readonly Scored[], reward: string, stage: number, rules: Rules): Scored[] {
  const { method, prune_alpha: alpha, min_keep: least, sigmas, z, floor } = rules;
  const ranked = byValue(asBegun(method === 'successive_halving' ? field.filter((one) => !finished(one)) : field), reward);
  if (method === 'speculative_rejection' || method === 'successive_halving')
    return ranked.slice(0, keptOf(ranked.length, alpha, least));
  const hopeful = method === 'threshold' ? notBelow(ranked, reward, floor!) : mayBeBest(ranked, reward, z * sigmas![stage]!); // the schema has a floor for the one, and one of the sigmas a checkpoint for the other
  return ranked.filter((candidate, place) => place < least || hopeful.includes(candidate));
}

/** In the order in which they were begun: of equals the first one goes on (methods D.4). */
const asBegun = (candidates: readonly Scored[]): Scored[] => candidates.toSorted((a, b) => numberOf(a) - numberOf(b));
const numberOf = ({ id }: Scored): number => Number(id.split('.')[1]);
