import { z } from 'zod';
import { commonOptions, defineRule, onInvalidScore } from './define.ts';
import { validScore } from './order.ts';
import { bordaPower } from './ranks.ts';
import { byConfidence, confidenceOptions, scoredOrElse } from './token-confidence.ts';
import { covered, hasAnswer, minCoverage, vote, withoutAnswers, withoutLogprobs, withoutScores } from './vote.ts';
import { voteWeights } from './vote-weights.ts';

/**
 * Each candidate votes for its answer with its rank, (n - rank + 1)^power of the n that have both an answer and a measure
 * (methods A.9). Ranks forget how far apart measures are, so any reward will do: with one of kind `self_certainty` and `by:
 * "score"` it is the Borda vote of Kang et al. 2025.
 */
export const borda = defineRule({
  name: 'borda',
  title: 'The answers are weighed by the ranks of their candidates.',
  cost: 'log-probabilities of the sampled tokens, or nothing by score',
  needs: ({ by }) => ({ answers: true, scores: by === 'score', ...(by === 'confidence' ? { logprobs: true as const } : {}) }),
  options: z.strictObject({
    ...commonOptions,
    on_invalid_score: onInvalidScore,
    by: z.enum(['confidence', 'score']).default('confidence').describe('What is ranked.'),
    power: bordaPower,
    ...confidenceOptions,
    min_coverage: minCoverage,
  }),
  topLogprobs: ({ by, alternatives }) => (by === 'confidence' ? alternatives : undefined),
  choose(contenders, { by, power, tie_epsilon: tieEpsilon, min_coverage: least, ...measurement }, context) {
    const measured = by === 'score' ? contenders : byConfidence(contenders, measurement);
    const standing = scoredOrElse(contenders, measured);
    if (!measured.some((contender) => validScore(contender) !== null))
      return by === 'score' ? withoutScores(contenders, tieEpsilon) : withoutLogprobs(contenders, tieEpsilon);
    if (!hasAnswer(contenders)) return withoutAnswers(standing, tieEpsilon);
    const weights = voteWeights(measured, { map: 'rank', power }, context);
    if (weights.every((weight) => weight === 0))
      return by === 'score' ? withoutScores(contenders, tieEpsilon) : withoutLogprobs(contenders, tieEpsilon);
    return covered(vote(standing, { weights, tieEpsilon }), least);
  },
});
