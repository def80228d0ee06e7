import type { Scored } from '../operation.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import { centred } from '../selection/vote-weights.ts';
import type { StrategyTask } from './define.ts';

/**
 * What each answer came to by the first reward, from 0 to 1: a probability as it is; anything else through the sigmoid, as
 * weighted votes do, centred on the others, since a head is known up to a constant (methods A.4). Undefined where the score
 * failed: unknown, not 0 (methods 0.2).
 */
export function outcomesOf(answers: readonly Scored[], { rewards, rewardOutput }: StrategyTask): (number | undefined)[] {
  const scores = answers.map(({ scores }) => scores[rewards[0]!]); // `needs.reward`: refused before it is started where there is none
  const values = scores.map((score) => (score?.ok ? score.value : undefined));
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return values;
  const [middle, scale] = centred(known);
  const probability = (value: number) =>
    rewardOutput === 'probability' ? Math.min(1, Math.max(0, value)) : sigmoid((value - middle) / scale);
  return values.map((value) => (value === undefined ? undefined : probability(value)));
}
