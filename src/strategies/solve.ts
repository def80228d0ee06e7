import { WinnowError } from '../../schemas/errors.ts';
import type { Asking, Scored } from '../operation.ts';
import type { Gathered, StrategyTask } from './define.ts';
import { finished, scoredBy } from './define.ts';

/** Picks one of the eligible candidates; never handed an empty list. */
export type Pick<Choice> = (eligible: readonly Scored[]) => Asking<Choice>;

export interface Outcome<Choice> extends Gathered {
  /** Who could win: those that finished; where none did, those that were cut. In the order of the pool. */
  readonly eligible: readonly Scored[];
  readonly choice: Choice;
}

/**
 * A run: a strategy gathers a pool of candidates, the rewards score those that may win, a rule picks from them. Any
 * strategy goes with any rule.
 */
export function* solve<Choice>(strategy: Asking<Gathered>, task: StrategyTask, pick: Pick<Choice>): Asking<Outcome<Choice>> {
  const gathered = yield* strategy;
  let eligible: readonly Scored[] = mayWin(gathered.pool);
  if (eligible.length === 0) throw new WinnowError('no_candidates', 'No candidate produced a token.');
  for (const reward of task.rewards) eligible = yield* scoredBy(reward, task, eligible);
  const byId = new Map(eligible.map((candidate) => [candidate.id, candidate]));
  return {
    ...gathered,
    pool: gathered.pool.map((candidate) => byId.get(candidate.id) ?? candidate),
    eligible,
    choice: yield* pick(eligible),
  };
}

/** A cut candidate neither wins nor votes while a finished one exists (api.md 2). */
export function mayWin(pool: readonly Scored[]): Scored[] {
  const whole = pool.filter(finished);
  return whole.length > 0 ? whole : pool.filter((candidate) => candidate.finish !== 'error' && candidate.tokenCount > 0);
}
