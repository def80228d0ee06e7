import { z } from 'zod';
import type { RawScore } from '../../schemas/backend.ts';
import type { Reduction, RewardConfig } from '../../schemas/config.ts';
import { reduction } from '../../schemas/config.ts';
import type { Score } from '../operation.ts';
import { classifierScore } from './classifier.ts';
import { processScore } from './process.ts';

interface RewardKind {
  readonly kind: RewardConfig['kind'];
  readonly title: string;
  /** What a request may say beside the reward's name. */
  readonly options: z.ZodType;
}

/** The only list of reward kinds: /v1/rewards and the requests are made from it. */
export const rewardKinds: readonly RewardKind[] = [
  { kind: 'classifier', title: 'One number for a whole candidate.', options: z.strictObject({}) },
  {
    kind: 'process',
    title: 'One probability for each step, reduced to one number.',
    options: z.strictObject({ reduction: reduction.optional().describe('How step scores become one (methods B.7).') }),
  },
];

/** A backend's raw output as a score. `override` is the reduction that the request asks for. */
export function readScore(raw: RawScore, reward: RewardConfig, override: Reduction | undefined): Score {
  switch (reward.kind) {
    case 'classifier':
      return classifierScore(raw);
    case 'process':
      return processScore(raw, reward.output, override ?? reward.reduction);
  }
}

/** What the score of a reward is: a process reward's reduction is a probability, but for sums of logits. */
export function outputOf(reward: RewardConfig, override: Reduction | undefined): 'logit' | 'probability' {
  if (reward.kind === 'classifier') return reward.output;
  const used = override ?? reward.reduction;
  return used === 'sumlogit' || used === 'meanlogit' ? 'logit' : 'probability';
}
