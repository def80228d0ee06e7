import { z } from 'zod';
import { commonOptions, defineRule } from './define.ts';
import { type Contender, idOf, validScore } from './order.ts';
import { byConfidence, confidenceOptions, type Measurement, percentile, scoredOrElse } from './token-confidence.ts';
import { covered, hasAnswer, minCoverage, plainVote, vote, withoutAnswers, withoutLogprobs } from './vote.ts';

/**
 * DeepConf, offline: each candidate votes for its answer with how sure the policy was of its own tokens; of the candidates
 * with an answer only the `keep_percent` surest vote (methods A.9; Fu et al. 2025). The reward has no part in the weights.
 */
export const confidence = defineRule({
  name: 'confidence',
  title: 'The answers are weighed by how sure the policy was when it wrote them.',
  cost: 'log-probabilities of the sampled tokens',
  needs: { answers: true, scores: false, logprobs: true },
  options: z.strictObject({
    ...commonOptions,
    ...confidenceOptions,
    keep_percent: z
      .number()
      .gt(0)
      .max(100)
      .default(100)
      .describe('Of the candidates with an answer, the surest that vote; 10 and 90 in DeepConf, where it is eta.'),
    min_coverage: minCoverage,
  }),
  topLogprobs: ({ alternatives }) => alternatives,
  choose(contenders, { tie_epsilon: tieEpsilon, keep_percent: keepPercent, min_coverage: least, ...options }) {
    const { alternatives, window, measure } = options;
    const measurement: Measurement = { alternatives, window, measure };
    const sure = byConfidence(contenders, measurement);
    const known = sure.filter((contender) => validScore(contender) !== null);
    if (known.length === 0) return withoutLogprobs(contenders, tieEpsilon);
    if (!hasAnswer(contenders)) return withoutAnswers(scoredOrElse(contenders, sure), tieEpsilon);
    const voters = known.filter(({ answer }) => answer !== null).map((contender) => validScore(contender)!);
    if (voters.length === 0) return withoutLogprobs(contenders, tieEpsilon);
    const threshold = percentile(voters, 100 - keepPercent);
    const weights = sure.map((contender) => weight(contender, threshold));
    const detail = report(sure, weights, { ...measurement, threshold });
    const standing = scoredOrElse(contenders, sure);
    if (weights.every((value) => value === 0))
      return { ...plainVote(standing, tieEpsilon), detail, degraded: true, reason: 'all_weights_zero' };
    return { ...covered(vote(standing, { weights, tieEpsilon }), least), detail };
  },
});

/** Votes are cast by candidates with an answer alone; the ballot counts no other. */
function weight(contender: Contender, threshold: number): number {
  const value = contender.answer === null ? null : validScore(contender);
  return value !== null && value >= threshold ? value : 0;
}

const report = (sure: readonly Contender[], weights: readonly number[], settings: object) => ({
  ...settings,
  confidences: Object.fromEntries(sure.map((contender) => [idOf(contender), validScore(contender)])),
  voted: sure.filter((_, place) => weights[place]! > 0).map(idOf),
});
