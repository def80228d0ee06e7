import type { RawScore } from '../../schemas/backend.ts';
import type { Reduction } from '../../schemas/config.ts';
import type { Score } from '../operation.ts';
import { sigmoid } from '../selection/sigmoid.ts';
import { reduce } from './reduction.ts';

/** A process reward's step probabilities (logits go through the sigmoid), reduced to one number (methods B.7). */
export function processScore(raw: RawScore, output: 'logit' | 'probability', reduction: Reduction): Score {
  if (!raw.ok) return { ok: false, reason: raw.reason };
  const steps = raw.steps ?? [raw.value];
  return reduce(output === 'logit' ? steps.map(sigmoid) : steps, reduction);
}
