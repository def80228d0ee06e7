import type { z } from 'zod';
import type { jinaAnswer } from '../../schemas/rerank.ts';
import type { Score } from '../operation.ts';
import type { Scale } from '../rewards/define.ts';
import { sigmoid } from '../selection/sigmoid.ts';

export interface Ranked {
  readonly results: z.infer<typeof jinaAnswer>['results'];
  readonly warnings: string[];
}

interface RankOptions {
  /** What the scores are: a logit goes through the sigmoid, a probability as it is, anything else is put between the least and the most. */
  readonly scale: Scale;
  readonly topN: number;
  /** The reward itself in place of a number from 0 to 1. */
  readonly raw: boolean;
  /** Whether each result repeats its text. */
  readonly repeat: boolean;
}

/** Texts by score, best first, ties by place; one whose score failed is left out and named in the warnings. */
export function rank(scores: readonly Score[], texts: readonly string[], { scale, topN, raw, repeat }: RankOptions): Ranked {
  const valid = scores.flatMap((score, index) => (score.ok ? [{ index, value: score.value }] : []));
  const relevance = raw ? (value: number) => value : relevanceBy(scale, valid);
  // ranked by the reward itself: the sigmoid of large logits is one number for all of them
  const ranked = valid.sort((a, b) => b.value - a.value || a.index - b.index).slice(0, topN);
  return {
    results: ranked.map(({ index, value }) => ({
      index,
      relevance_score: relevance(value),
      ...(repeat ? { document: { text: texts[index]! } } : {}),
    })),
    warnings: [
      ...(!raw && scale.output === 'unknown'
        ? [
            'relevance_score is the place between the least and the most score of this request: the reward has no scale of its own.',
          ]
        : []),
      ...scores.flatMap((score, index) =>
        score.ok ? [] : [`Document ${index} could not be scored: ${score.reason.replace(/\.$/, '')}.`],
      ),
    ],
  };
}

function relevanceBy({ output }: Scale, valid: readonly { readonly value: number }[]): (value: number) => number {
  if (output === 'probability') return (value) => value;
  if (output === 'logit') return sigmoid;
  const values = valid.map(({ value }) => value);
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  return (value) => (most > least ? (value - least) / (most - least) : 0.5);
}
