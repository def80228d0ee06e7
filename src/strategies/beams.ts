import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import type { Gathered, StrategyTask } from './define.ts';
import { finished } from './define.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { distinct, StepSearch, tellRound } from './step-search.ts';

/** Options of every search that keeps beams. */
export const beamOptions = {
  keep: z.int().min(1).max(64).default(4).describe('Beams that go on after each round (methods C.1).'),
  branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each beam (methods C.1).'),
  max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
  min_completed: z.int().min(1).max(2048).optional().describe('Ended candidates that are enough; `keep` where absent.'),
  dedupe: z.boolean().default(true).describe('Merge open prefixes of equal text (methods C.0).'),
  step_reward: z.string().optional().describe("Reward that ranks prefixes; the policy's process_reward where absent."),
};

export interface BeamSize {
  readonly keep: number;
  readonly branch: number;
  readonly max_steps: number;
  readonly min_completed?: number | undefined;
  readonly dedupe: boolean;
}

/** Integer budget b: a branch of at most four, and as many beams as make b steps a round (api.md 4). */
export function beamWidth(budget: number): { branch: number; keep: number } {
  const branch = Math.min(4, budget);
  return { branch, keep: Math.floor(budget / branch) };
}

/** The same prefixes, best first. */
export type Order = (open: readonly Scored[], search: StepSearch) => Asking<readonly Scored[]>;

/**
 * Each round every beam grows `branch` next steps, and the best `keep` of the open ones go on; those that ended are set aside.
 * Ends when `min_completed` of them have ended, after `max_steps` rounds, or when a round comes back empty.
 *
 * @param first  steps of the first round, which all grow from the prompt
 * @param order  who is best of the open ones; by their own scores where absent
 */
export function* growBeams(
  task: StrategyTask,
  { keep, branch, max_steps: maxSteps, min_completed: minCompleted = keep, dedupe }: BeamSize,
  { first = keep * branch, order }: { readonly first?: number; readonly order?: Order | undefined } = {},
): Asking<Gathered> {
  const search = new StepSearch(task);
  let beams: readonly Branch[] = [root];
  let open: readonly Scored[] = []; // the last beams that there were
  let completed = 0; // by beams: what was looked ahead at ends no search
  for (let round = 0; round < maxSteps && beams.length > 0 && completed < minCompleted; round++) {
    const { children, growing } = yield* search.grow(beams, round === 0 ? first : branch);
    completed += children.filter(finished).length;
    const different = dedupe ? distinct(growing) : growing;
    const ordered = order ? yield* order(different, search) : bestFirst(different, task.stepReward!);
    const kept = ordered.slice(0, keep);
    if (kept.length > 0) open = kept;
    beams = kept;
    yield* tellRound(round, growing, kept);
  }
  return yield* search.gather(open);
}
