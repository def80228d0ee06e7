import type { Scored } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { finished } from './define.ts';

/**
 * The quality value of ReST-MCTS*: how far a prefix has come on the way to its answer. v_0 = 0,
 * v_k = max(v_{k-1} + (1 - v_{k-1}) / (m_k + 1) * (1 - 2 r_k), 0), with m_k the steps that are left after step k and r_k the
 * probability that step k is wrong, which the paper calls a process reward; here it is 1 less the probability of a right one.
 *
 * @param right  probability that each step is right, in order
 * @param whole  steps of the whole answer, at least as many
 * @returns in [0, 1]; 1 only where nothing is left
 * @see methods C.6
 */
export function qualityValue(right: readonly number[], whole: number): number {
  return right.reduce((before, step, place) => {
    const left = whole - (place + 1);
    return Math.max(before + ((1 - before) / (left + 1)) * (2 * step - 1), 0);
  }, 0);
}

/**
 * The quality value of a candidate by the step reward. Its answer is taken to have `answerSteps` steps, at least one more
 * where it is open, as many as there are where it ended. Undefined where a step has no score: unknown, not 0.
 */
export function candidateQuality(candidate: Scored, { stepReward }: StrategyTask, answerSteps: number): number | undefined {
  const score = candidate.scores[stepReward!]; // `needs.stepReward`: refused before it is started where there is none
  const right = score?.ok ? (score.steps ?? []) : [];
  const count = candidate.steps.length;
  if (right.length !== count || !right.every((step) => step !== null)) return undefined;
  const whole = finished(candidate) ? count : Math.max(answerSteps, count + 1);
  return Math.min(1, qualityValue(right, whole)); // rounding of a softmax may put a step above 1
}
