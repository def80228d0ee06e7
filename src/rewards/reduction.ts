/** Step scores as one number (methods B.7, B.15). */
import type { Reduction, StepInvalid } from '../../schemas/config.ts';
import type { Score } from '../operation.ts';
import { mean, sum } from '../selection/statistics.ts';

/** A softmax in half precision may end this far outside of 0 to 1. */
const ROUNDING = 1e-6;

/** Each takes at least one probability of a right step. */
export const reductions: Readonly<Record<Reduction, (steps: readonly number[]) => number>> = {
  last: (steps) => steps.at(-1)!,
  min: (steps) => steps.reduce((least, step) => Math.min(least, step)),
  prod: (steps) => Math.exp(sum(steps.map(logarithm))),
  mean,
  geo: (steps) => Math.exp(sum(steps.map(logarithm)) / steps.length),
  sumlogit: (steps) => sum(steps.map(logit)),
  meanlogit: (steps) => sum(steps.map(logit)) / steps.length,
};

/**
 * One score out of step scores; it keeps them. No step at all is `no_steps`, a step that is no probability `invalid_step`:
 * neither is a number, so neither can be mistaken for a good or a bad chain. With `skip` such a step is left out: it is null
 * among the steps, and `detail.skipped_steps` says which they were, counted from 0.
 */
export function reduce(steps: readonly (number | null)[], reduction: Reduction, invalid: StepInvalid = 'fail'): Score {
  const valid = steps.map((step) => (step !== null && isProbability(step) ? step : null));
  const skipped = Array.from(valid.keys()).filter((place) => valid[place] === null);
  if (skipped.length > 0 && invalid === 'fail') return { ok: false, reason: 'invalid_step' };
  const said = skipped.length > 0 ? { detail: { skipped_steps: skipped } } : {};
  const used = valid.filter((step) => step !== null);
  if (used.length === 0) return { ok: false, reason: 'no_steps', ...said };
  return { ok: true, value: reductions[reduction](used), steps: valid, ...said };
}

const isProbability = (step: number): boolean => step >= -ROUNDING && step <= 1 + ROUNDING;

/** Of a step that rounding put below 0 too: it is 0, and so are `prod` and `geo`. */
const logarithm = (probability: number): number => Math.log(Math.max(probability, 0));

/** At 0 and 1 it is infinite: one certain step would outweigh all others (methods B.15 clamps it here only). */
function logit(probability: number): number {
  const clamped = Math.min(Math.max(probability, 1e-6), 1 - 1e-6);
  return Math.log(clamped / (1 - clamped));
}
