import { z } from 'zod';
import { WinnowError } from '../../schemas/errors.ts';
import { commonOptions, defineRule, invalidScore, onInvalidScore, type SelectionContext } from './define.ts';
import { type Contender, validScore } from './order.ts';
import { bordaPower } from './ranks.ts';
import { covered, hasAnswer, minCoverage, plainVote, vote, withoutAnswers, withoutScores } from './vote.ts';
import { defaultMap, outsideProbability, voteWeights, weightMap } from './vote-weights.ts';

/**
 * The answer whose candidates weigh most together (methods A.4). Scores become weights of at least 0 first: raw logits,
 * known up to a constant only, would make an answer lose by being given often.
 */
export const weightedVote = defineRule({
  name: 'weighted_vote',
  title: 'The answer whose candidates weigh most together wins.',
  cost: 'nothing',
  needs: { answers: true, scores: true },
  options: z.strictObject({
    ...commonOptions,
    on_invalid_score: onInvalidScore,
    weight_map: weightMap
      .optional()
      .describe('From score to weight; default `prob` for probabilities, else `sigmoid` (methods A.4).'),
    temperature: z
      .number()
      .min(0)
      .default(1)
      .describe('Of `softmax`: towards 0 the best score decides, far above it the majority.'),
    power: bordaPower,
    min_coverage: minCoverage,
  }),
  check({ weight_map: map }, { output }) {
    if (map !== 'prob' || output !== 'logit') return;
    throw new WinnowError(
      'capability_missing',
      'The weight map "prob" takes scores from 0 to 1, and this reward gives logits. Use "sigmoid" or "softmax".',
      { param: 'selection.weight_map' },
    );
  },
  choose(contenders, options, context) {
    const { tie_epsilon: tieEpsilon, weight_map: map = defaultMap(context), temperature, power } = options;
    if (map === 'prob') refuseOutside(contenders, options.on_invalid_score, context);
    if (!hasAnswer(contenders)) return withoutAnswers(contenders, tieEpsilon);
    if (contenders.every((contender) => validScore(contender) === null)) return withoutScores(contenders, tieEpsilon);
    const weights = voteWeights(contenders, { map, temperature, power }, context);
    if (weights.every((weight) => weight === 0)) {
      return { ...plainVote(contenders, tieEpsilon), degraded: true, reason: 'all_weights_zero' };
    }
    return covered(vote(contenders, { weights, tieEpsilon }), options.min_coverage);
  },
});

/** Without this a value outside of 0 to 1 is a failed score like any other: no weight. */
function refuseOutside(contenders: readonly Contender[], onInvalid: 'drop' | 'worst' | 'fail', context: SelectionContext): void {
  const outside = contenders.find(outsideProbability);
  if (outside === undefined) return;
  const value = validScore(outside);
  if (onInvalid === 'fail') throw invalidScore(outside, `${value} is outside of 0 to 1`, context);
  if (!context.supplied) return;
  throw new WinnowError(
    'invalid_value',
    `The weight map "prob" takes scores from 0 to 1; candidate ${outside.index} has ${value}. Use "sigmoid" or "softmax".`,
    { param: 'selection.weight_map' },
  );
}
