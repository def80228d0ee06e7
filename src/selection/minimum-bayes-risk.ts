import { z } from 'zod';
import type { Asking, Score } from '../operation.ts';
import { read } from '../operation.ts';
import { consensus } from './consensus.ts';
import type { Choice, Degradation, SelectionContext } from './define.ts';
import { commonOptions, defineRule, onInvalidScore } from './define.ts';
import { type Contender, ranked, validScore } from './order.ts';
import { bordaPower } from './ranks.ts';
import { cosines, named, type Similarity, similarity, type TextUtility, textUtility, tooLong } from './similarity/utility.ts';
import { hasAnswer, withoutAnswers, withoutScores } from './vote.ts';
import { scoreWeights, weightMap } from './vote-weights.ts';

/** Candidates that are compared, each with each (methods A.6). */
export const MOST_COMPARED = 64;

/**
 * Minimum Bayes risk: the candidate that agrees most with all others (methods A.6). With `beta` it is best-of-N held back by
 * the consensus, argmax of reward + beta * agreement: a cheap guard against an outlier that fools the reward.
 *
 * @see Kumar and Byrne 2004; Jinnai et al. 2024 for MBR-BoN
 */
export const minimumBayesRisk = defineRule({
  name: 'minimum_bayes_risk',
  title: 'The candidate that agrees most with the others wins.',
  cost: 'n (n - 1) / 2 comparisons of texts; with a similarity reward one reading of each text',
  most: MOST_COMPARED,
  needs: ({ utility, weight_map: map, beta }) => ({
    answers: utility === 'answer',
    scores: map !== undefined || beta !== undefined,
  }),
  options: z.strictObject({
    ...commonOptions,
    on_invalid_score: onInvalidScore,
    utility: z
      .union([textUtility, z.strictObject({ reward: z.string().min(1) })])
      .default('token_f1')
      .describe(
        'How alike two candidates are: F1 of tokens, chrF of characters, ROUGE-L, equal answers, or {"reward": NAME}, the cosine of both texts by the model of a reward of kind similarity.',
      ),
    weight_map: weightMap.optional().describe('Weighs the others by their scores (methods A.4); 1 each where absent.'),
    temperature: z.number().min(0).default(1).describe('Of the weight map `softmax`.'),
    power: bordaPower,
    beta: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Part of the agreement beside the score, 0.1 to 1: MBR-BoN. Where absent the score has no part.'),
    standardize: z
      .boolean()
      .optional()
      .describe('With `beta`: scores as z-scores of their group. Default: true but for probabilities and calibrated logits.'),
  }),
  asks: ({ utility }) =>
    typeof utility === 'string' ? undefined : { reward: { kind: 'similarity', name: utility.reward }, option: 'utility.reward' },
  *choose(contenders, options, context) {
    const needsScores = options.weight_map !== undefined || options.beta !== undefined;
    if (needsScores && contenders.every((contender) => validScore(contender) === null))
      return withoutScores(contenders, options.tie_epsilon);
    if (options.utility === 'answer' && !hasAnswer(contenders)) return withoutAnswers(contenders, options.tie_epsilon);
    const { matrix, reason, utility } = yield* compared(contenders, options.utility, context);
    const { weight_map: map, temperature, power, beta } = options;
    const weights = map ? scoreWeights(contenders, { map, temperature, power }, context) : contenders.map(() => 1);
    const byAnswer = options.utility === 'answer'; // one without an answer is nobody's reference, and agrees with nobody
    const counted = byAnswer ? weights.map((weight, place) => (contenders[place]!.answer === null ? 0 : weight)) : weights;
    const agreement = consensus(matrix, counted);
    const standardize = options.standardize ?? !(context.output === 'probability' || context.calibrated);
    const merits = beta === undefined ? agreement.map(merit) : held(contenders, agreement, { beta, standardize });
    const eligible = byAnswer ? merits.map((one, place) => answering(contenders[place]!, one)) : merits;
    const choice = byMerit(contenders, eligible, options.tie_epsilon);
    const detail = { utility, agreement: named(contenders, agreement), ...(beta === undefined ? {} : { beta, standardize }) };
    return { ...choice, detail, ...(reason && { degraded: true, reason }) };
  },
});

/** A candidate without an answer ranks after every other. */
const answering = ({ answer }: Contender, one: Score): Score => (answer === null ? { ok: false, reason: 'no_answer' } : one);

const merit = (value: number): Score => ({ ok: true, value });

/** The ranking by these numbers in the place of the scores, ties as always: fewer tokens, then the lower index. */
export function byMerit(contenders: readonly Contender[], merits: readonly Score[], tieEpsilon: number): Choice {
  const ranking = ranked(
    contenders.map((contender, place) => ({ ...contender, score: merits[place]! })),
    tieEpsilon,
  );
  return { index: ranking[0]!, ranking, degraded: false };
}

/** Score + beta * agreement; a failed score stays failed. */
function held(
  contenders: readonly Contender[],
  agreement: readonly number[],
  { beta, standardize }: { beta: number; standardize: boolean },
): Score[] {
  const scores = contenders.map(validScore);
  const valid = scores.filter((score) => score !== null);
  const mean = valid.reduce((sum, score) => sum + score / valid.length, 0);
  const deviation = Math.sqrt(valid.reduce((sum, score) => sum + (score - mean) ** 2 / valid.length, 0));
  const scaled = (score: number): number => (standardize ? (deviation > 0 ? (score - mean) / deviation : 0) : score);
  return scores.map((score, place) =>
    score === null ? { ok: false, reason: 'no_score' } : merit(scaled(score) + beta * agreement[place]!),
  );
}

interface Compared {
  readonly matrix: Similarity;
  /** What they were compared by in the end. */
  readonly utility: TextUtility | 'embedding';
  readonly reason?: Degradation;
}

/** Texts that are too long, or that no model reads, are compared by their tokens, and the choice says so. */
function* compared(
  contenders: readonly Contender[],
  utility: TextUtility | { readonly reward: string },
  context: SelectionContext,
): Asking<Compared> {
  const byTokens = (reason: Degradation): Compared => ({
    matrix: similarity('token_f1', contenders),
    utility: 'token_f1',
    reason,
  });
  if (typeof utility !== 'string') {
    const vectors = yield* embedded(contenders, utility.reward, context);
    return vectors ? { matrix: cosines(vectors), utility: 'embedding' } : byTokens('embedding_failed');
  }
  return tooLong(utility, contenders) ? byTokens('texts_too_long') : { matrix: similarity(utility, contenders), utility };
}

/** One vector a candidate by the reward's model, null for an empty text or one that could not be read; null where none was. */
function* embedded(
  contenders: readonly Contender[],
  reward: string,
  { lookup }: SelectionContext,
): Asking<(readonly number[] | null)[] | null> {
  const entry = lookup?.rewards[reward];
  if (entry?.kind !== 'similarity') return null;
  const { backend, model, truncate } = entry;
  const texts = [...new Set(contenders.map(({ text }) => text).filter((text) => text.trim() !== ''))];
  if (texts.length === 0) return null;
  const result = yield* read<'embed'>({
    reading: 'embed',
    backend,
    reward,
    request: { model, texts, truncate },
  });
  if (!result.ok) return null;
  const vectors = new Map(texts.map((text, place) => [text, result.response.vectors[place]]));
  const found = contenders.map(({ text }) => {
    const vector = vectors.get(text);
    return vector?.ok ? vector.vector : null;
  });
  return found.some((vector) => vector !== null) ? found : null;
}
