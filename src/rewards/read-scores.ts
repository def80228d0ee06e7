import type { RawScore, ScoreRequest } from '../../schemas/backend.ts';
import type { Asking, Score } from '../operation.ts';
import { read } from '../operation.ts';
import type { RewardTask } from './define.ts';

interface ModelEntry {
  readonly backend: string;
  readonly model: string;
}

/** Has a reward model read texts, and makes each raw output a score. A call that failed is the failure of all its texts. */
export function* readScores(
  { name, config, prompt }: Pick<RewardTask<ModelEntry, unknown>, 'name' | 'config' | 'prompt'>,
  candidates: ScoreRequest['candidates'],
  scoreOf: (raw: RawScore) => Score,
): Asking<Score[]> {
  const request = { model: config.model, prompt, candidates };
  const result = yield* read<'score'>({ reading: 'score', backend: config.backend, reward: name, request });
  if (!result.ok) return candidates.map(() => ({ ok: false, reason: result.reason }));
  const { scores } = result.response;
  return scores.map(scoreOf);
}
