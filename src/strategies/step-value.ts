import type { Scored } from '../operation.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import type { StrategyTask } from './define.ts';

/**
 * The value of a prefix by the step reward, in [0, 1]: a probability as it is, a logit through the sigmoid. Undefined where
 * the score failed: unknown, not 0 (methods 0.2).
 */
export function stepValue({ scores }: Pick<Scored, 'scores'>, { stepReward, stepOutput }: StrategyTask): number | undefined {
  const score = stepReward === null ? undefined : scores[stepReward];
  if (!score?.ok) return undefined;
  return stepOutput === 'logit' ? sigmoid(score.value) : Math.min(1, Math.max(0, score.value));
}
