import { z } from 'zod';
import { commonOptions, defineRule } from './define.ts';
import { covered, hasAnswer, minCoverage, plainVote, withoutAnswers } from './vote.ts';
import { defaultMap, voteWeights } from './vote-weights.ts';

/**
 * Self-consistency: the answer that most candidates gave, whatever their scores; those decide ties and which member
 * stands for it (methods A.2; Wang et al. 2022).
 */
export const majorityVote = defineRule({
  name: 'majority_vote',
  title: 'The answer given most often wins.',
  cost: 'nothing',
  needs: { answers: true, scores: false },
  options: z.strictObject({ ...commonOptions, min_coverage: minCoverage }),
  choose(contenders, { tie_epsilon: tieEpsilon, min_coverage: least }, context) {
    if (!hasAnswer(contenders)) return withoutAnswers(contenders, tieEpsilon);
    const weights = voteWeights(contenders, { map: defaultMap(context) }, context);
    return covered(plainVote(contenders, tieEpsilon, weights), least);
  },
});
