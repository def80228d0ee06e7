import type { z } from 'zod';
import type { RewardConfig } from '../../schemas/config.ts';
import type { jinaAnswer } from '../../schemas/rerank.ts';
import type { Score } from '../operation.ts';
import { outputOf } from '../rewards/registry.ts';
import { sigmoid } from '../selection/sigmoid.ts';

export interface Ranked {
  readonly results: z.infer<typeof jinaAnswer>['results'];
  readonly warnings: string[];
}

interface RankOptions {
  readonly reward: RewardConfig;
  readonly topN: number;
  /** The reward itself in place of a number from 0 to 1. */
  readonly raw: boolean;
  /** Whether each result repeats its text. */
  readonly repeat: boolean;
}

/** Texts by score, best first, ties by place; one whose score failed is left out and named in the warnings. */
export function rank(scores: readonly Score[], texts: readonly string[], { reward, topN, raw, repeat }: RankOptions): Ranked {
  const relevance = raw || outputOf(reward, undefined) === 'probability' ? (value: number) => value : sigmoid;
  const valid = scores.flatMap((score, index) => (score.ok ? [{ index, value: score.value }] : []));
  // ranked by the reward itself: the sigmoid of large logits is one number for all of them
  const ranked = valid.sort((a, b) => b.value - a.value || a.index - b.index).slice(0, topN);
  return {
    results: ranked.map(({ index, value }) => ({
      index,
      relevance_score: relevance(value),
      ...(repeat ? { document: { text: texts[index]! } } : {}),
    })),
    warnings: scores.flatMap((score, index) =>
      score.ok ? [] : [`Document ${index} could not be scored: ${score.reason.replace(/\.$/, '')}.`],
    ),
  };
}
