import { z } from 'zod';
import { commonOptions, defineRule, onInvalidScore } from './define.ts';
import { ranked, validScore } from './order.ts';
import { withoutScores } from './vote.ts';

/** Best-of-N: the candidate with the highest score, raw, since shaping can only make ties (methods A.1, 0.6). */
export const argmax = defineRule({
  name: 'argmax',
  title: 'The best score wins.',
  cost: 'nothing',
  needs: { answers: false, scores: true },
  options: z.strictObject({ ...commonOptions, on_invalid_score: onInvalidScore }),
  choose(contenders, { tie_epsilon: tieEpsilon }) {
    if (contenders.every((contender) => validScore(contender) === null)) return withoutScores(contenders, tieEpsilon);
    const ranking = ranked(contenders, tieEpsilon);
    return { index: ranking[0]!, ranking, degraded: false };
  },
});
