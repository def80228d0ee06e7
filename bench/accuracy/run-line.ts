import { z } from 'zod';
import type { RunAnswer } from '../../schemas/run.ts';
import { oddities } from './accounts.ts';
import { costOf, known, REWARDS, written } from './samples.ts';

/** What is kept of one run of a search on a problem. */
export const runLine = z.object({
  id: z.string(),
  seed: z.int(),
  chosen: written,
  tokens: z.int(),
  rewardTokens: z.int(),
  stop: z.string(),
  odd: z.array(z.string()),
});
export type RunLine = z.infer<typeof runLine>;

/** @param id  of the problem */
export const runLineOf = (id: string, seed: number, run: RunAnswer): RunLine => ({
  id,
  seed,
  chosen: { text: run.choice.message.content, finish: run.choice.finish_reason, tokens: run.account.chosen_tokens },
  tokens: known(run.usage.completion_tokens),
  rewardTokens: REWARDS.reduce((sum, reward) => sum + costOf(run.account, reward).tokens, 0),
  stop: run.stop_reason,
  odd: oddities(run),
});
