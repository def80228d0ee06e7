import { z } from 'zod';
import type { RawScore } from '../../schemas/backend.ts';
import type { Reduction, StepInvalid } from '../../schemas/config.ts';
import { reduction, stepInvalid } from '../../schemas/config.ts';
import type { Score } from '../operation.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import { defineReward, LOGIT, PROBABILITY } from './define.ts';
import { readScores } from './read-scores.ts';
import { reduce } from './reduction.ts';

/** A process reward's step probabilities (logits go through the sigmoid), reduced to one number (methods B.7). */
export const processReward = defineReward({
  kind: 'process',
  title: 'One probability for each step, reduced to one number.',
  options: z.strictObject({
    reduction: reduction.optional().describe('How step scores become one (methods B.7).'),
    step_invalid: stepInvalid.optional(),
  }),
  dependsOn: 'text',
  // a reduction of probabilities is one, but for sums of logits
  scale: ({ config, options }) => (isOfLogits(options.reduction ?? config.reduction) ? LOGIT : PROBABILITY),
  cost: 'one reading of prompt and text each',
  *score(task) {
    const { config, options } = task;
    const candidates = task.candidates.map(({ id, text, steps }) => ({ id, text, steps: [...steps] }));
    const { reduction = config.reduction, step_invalid: invalid = config.step_invalid } = options;
    return yield* readScores(task, candidates, (raw) => processScore(raw, { output: config.output, reduction, invalid }));
  },
});

const isOfLogits = (reduction: Reduction): boolean => reduction === 'sumlogit' || reduction === 'meanlogit';

interface Reading {
  readonly output: 'logit' | 'probability';
  readonly reduction: Reduction;
  readonly invalid: StepInvalid;
}

/** A model that gave some steps no number failed; where those are skipped, the others are there. */
function processScore(raw: RawScore, { output, reduction, invalid }: Reading): Score {
  if (!raw.ok && (invalid === 'fail' || !raw.steps)) return { ok: false, reason: raw.reason };
  const steps = raw.steps ?? (raw.ok ? [raw.value] : []);
  const probabilities = steps.map((step) => (step === null || output === 'probability' ? step : sigmoid(step)));
  return reduce(probabilities, reduction, invalid);
}
