import type { RawScore, ScoreRequest, Truncate } from '../../schemas/backend.ts';
import type { Asking, Score } from '../operation.ts';
import { read } from '../operation.ts';
import type { RewardTask } from './define.ts';

interface ModelEntry {
  readonly backend: string;
  readonly model: string;
  /** Of texts that are too long; absent is to refuse them. */
  readonly truncate?: Truncate | undefined;
}

/** Has a reward model read texts, and makes each raw output a score. A call that failed is the failure of all its texts. */
export function* readScores(
  { name, config, prompt }: Pick<RewardTask<ModelEntry, unknown>, 'name' | 'config' | 'prompt'>,
  candidates: ScoreRequest['candidates'],
  scoreOf: (raw: RawScore) => Score,
): Asking<Score[]> {
  const { model, truncate } = config;
  const request = { model, prompt, candidates, ...(truncate ? { truncate } : {}) };
  const result = yield* read<'score'>({ reading: 'score', backend: config.backend, reward: name, request });
  if (!result.ok) return candidates.map(() => ({ ok: false, reason: result.reason }));
  const { scores } = result.response;
  return scores.map(scoreOf);
}
