import type { LengthPenalty } from '../../schemas/rewards/penalized.ts';

/** What is added to a reward for this length: 0 to -alpha on a ramp, 0 to -1 for one that is overlong (methods B.5, B.15). */
export function lengthPenalty(length: number, penalty: LengthPenalty): number {
  switch (penalty.form) {
    case 'ramp': {
      const { free, full, alpha, power } = penalty;
      return negated(alpha * clamp((length - free) / (full - free)) ** power);
    }
    case 'overlong': {
      const { most, buffer } = penalty;
      return negated(clamp((length - (most - buffer)) / buffer));
    }
  }
}

const clamp = (part: number): number => Math.min(Math.max(part, 0), 1);

/** Without a minus before a 0. */
const negated = (value: number): number => (value === 0 ? 0 : -value);

/** The most that it takes away. */
export const mostTaken = (penalty: LengthPenalty): number => (penalty.form === 'ramp' ? penalty.alpha : 1);
