import { z } from 'zod';
import type { RawScore } from '../../schemas/backend.ts';
import type { Score } from '../operation.ts';
import { defineReward, LOGIT, PROBABILITY } from './define.ts';
import { readScores } from './read-scores.ts';

/** A sequence classifier's number as it is: a logit or a probability. */
export const classifier = defineReward({
  kind: 'classifier',
  title: 'One number for a whole candidate.',
  options: z.strictObject({}),
  dependsOn: 'text',
  scale: ({ config }) => (config.output === 'probability' ? PROBABILITY : LOGIT),
  cost: 'one reading of prompt and text each',
  *score(task) {
    const candidates = task.candidates.map(({ id, text }) => ({ id, text }));
    return yield* readScores(task, candidates, classifierScore);
  },
});

/** One that is not finite is a failure, never a zero. */
function classifierScore(raw: RawScore): Score {
  if (!raw.ok) return { ok: false, reason: raw.reason };
  return Number.isFinite(raw.value) ? { ok: true, value: raw.value } : { ok: false, reason: 'not_finite' };
}
