import { z } from 'zod';
import { mulberry32, subSeed } from '../random.ts';
import { commonOptions, defineRule, onInvalidScore } from './define.ts';
import { idOf, ranked, validScore } from './order.ts';
import { COLDEST, softmaxShares } from './shares.ts';
import { withoutScores } from './vote.ts';

/**
 * Draws a candidate with the probability softmax(score / temperature), by the seed of the request. At temperature 0 it is
 * argmax; above it a misspecified reward does less harm (methods A.5). Behind the drawn one the ranking is by score.
 */
export const softmax = defineRule({
  name: 'softmax',
  title: 'A candidate is drawn, the better its score the likelier.',
  cost: 'nothing',
  needs: { answers: false, scores: true },
  options: z.strictObject({
    ...commonOptions,
    on_invalid_score: onInvalidScore,
    temperature: z.number().min(0).default(1).describe('In units of the score: 0 is argmax (methods A.5).'),
  }),
  choose(contenders, { tie_epsilon: tieEpsilon, temperature }, { seed = 0 }) {
    const valid = Array.from(contenders.keys()).filter((place) => validScore(contenders[place]!) !== null);
    if (valid.length === 0) return withoutScores(contenders, tieEpsilon);
    const shares = softmaxShares(
      valid.map((place) => validScore(contenders[place]!)!),
      temperature,
    );
    const order = ranked(contenders, tieEpsilon);
    const index = temperature <= COLDEST ? order[0]! : valid[drawn(shares, mulberry32(subSeed(seed, 'softmax', 0))())]!;
    const probabilities = Object.fromEntries(valid.map((place, at) => [idOf(contenders[place]!), shares[at]!]));
    return {
      index,
      ranking: [index, ...order.filter((place) => place !== index)],
      degraded: false,
      detail: { temperature, probabilities },
    };
  },
});

/** The first place whose cumulative share is above `uniform`; the last with any share where rounding leaves none. */
function drawn(shares: readonly number[], uniform: number): number {
  let sum = 0;
  for (const [place, share] of shares.entries()) {
    sum += share;
    if (uniform < sum) return place;
  }
  return shares.findLastIndex((share) => share > 0);
}
