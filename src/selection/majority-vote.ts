import { z } from 'zod';
import { commonOptions, defineRule } from './define.ts';
import { hasAnswer, plainVote, withoutAnswers } from './vote.ts';
import { defaultMap, voteWeights } from './vote-weights.ts';

/**
 * Self-consistency: the answer that most candidates gave, whatever their scores; those decide ties and which member
 * stands for it (methods A.2; Wang et al. 2022).
 */
export const majorityVote = defineRule({
  name: 'majority_vote',
  needs: { answers: true, scores: false },
  options: z.strictObject({
    ...commonOptions,
    min_coverage: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Below this part of candidates with an answer the choice is marked degraded (methods A.2).'),
  }),
  choose(contenders, { tie_epsilon: tieEpsilon, min_coverage: minCoverage }, context) {
    if (!hasAnswer(contenders)) return withoutAnswers(contenders, tieEpsilon);
    const choice = plainVote(
      contenders,
      tieEpsilon,
      voteWeights(contenders, { map: defaultMap(context), temperature: 1 }, context),
    );
    return choice.coverage! < minCoverage ? { ...choice, degraded: true, reason: 'low_coverage' } : choice;
  },
});
