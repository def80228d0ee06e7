import type { RawScore } from '../../schemas/backend.ts';
import type { Score } from '../operation.ts';

/** A sequence classifier's number as it is: a logit or a probability. One that is not finite is a failure, never a zero. */
export function classifierScore(raw: RawScore): Score {
  if (!raw.ok) return { ok: false, reason: raw.reason };
  return Number.isFinite(raw.value) ? { ok: true, value: raw.value } : { ok: false, reason: 'not_finite' };
}
