import { z } from 'zod';
import type { RawScore } from '../../schemas/backend.ts';
import type { Reduction } from '../../schemas/config.ts';
import { reduction } from '../../schemas/config.ts';
import type { Score } from '../operation.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import { defineReward, LOGIT, PROBABILITY } from './define.ts';
import { readScores } from './read-scores.ts';
import { reduce } from './reduction.ts';

/** A process reward's step probabilities (logits go through the sigmoid), reduced to one number (methods B.7). */
export const processReward = defineReward({
  kind: 'process',
  title: 'One probability for each step, reduced to one number.',
  options: z.strictObject({ reduction: reduction.optional().describe('How step scores become one (methods B.7).') }),
  dependsOn: 'text',
  // a reduction of probabilities is one, but for sums of logits
  scale: ({ config, options }) => (isOfLogits(options.reduction ?? config.reduction) ? LOGIT : PROBABILITY),
  cost: 'one reading of prompt and text each',
  *score(task) {
    const { config, options } = task;
    const candidates = task.candidates.map(({ id, text, steps }) => ({ id, text, steps: [...steps] }));
    const used = options.reduction ?? config.reduction;
    return yield* readScores(task, candidates, (raw) => processScore(raw, config.output, used));
  },
});

const isOfLogits = (reduction: Reduction): boolean => reduction === 'sumlogit' || reduction === 'meanlogit';

function processScore(raw: RawScore, output: 'logit' | 'probability', reduction: Reduction): Score {
  if (!raw.ok) return { ok: false, reason: raw.reason };
  const steps = raw.steps ?? [raw.value];
  return reduce(output === 'logit' ? steps.map(sigmoid) : steps, reduction);
}
