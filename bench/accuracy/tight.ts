/** Whether a tight budget is kept and not starved: best-of-16 on four answers' worth of tokens. */
import { z } from 'zod';
import { runAnswer } from '../../schemas/run.ts';
import { subSeed } from '../../src/random.ts';
import { oddities } from './accounts.ts';
import { isRight, type Problem } from './problems.ts';
import { known, SEED } from './samples.ts';
import type { Winnow } from './winnow.ts';

export const TIGHT_N = 16;
export const ANSWERS_WORTH = 4;

export const tightLine = z.object({
  id: z.string(),
  seed: z.int(),
  limit: z.int(),
  tokens: z.int(),
  finished: z.int(),
  /** Of the n that were asked for: cut by the budget, or never started. */
  open: z.int(),
  right: z.boolean(),
  odd: z.array(z.string()),
});
export type TightLine = z.infer<typeof tightLine>;

export async function measureTight(winnow: Winnow, problem: Problem, limit: number, signal: AbortSignal): Promise<TightLine> {
  const seed = subSeed(SEED, 'tight', problem.id);
  const body = { model: problem.task, prompt: problem.prompt, n: TIGHT_N, budget: { max_tokens: limit }, sampling: { seed } };
  const run = await winnow.post('/v1/best-of-n', { ...body, return: { candidates: 'all' } }, runAnswer, signal);
  const finishes = run.candidates!.map(({ finish_reason: finish }) => finish); // asked for by `return`
  return {
    id: problem.id,
    seed,
    limit,
    tokens: known(run.usage.completion_tokens),
    finished: finishes.filter((finish) => finish === 'stop').length,
    open: TIGHT_N - finishes.filter((finish) => finish !== 'budget').length,
    right: isRight(problem, { text: run.choice.message.content, finish: run.choice.finish_reason }),
    odd: oddities(run),
  };
}
