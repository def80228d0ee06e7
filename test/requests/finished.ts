/** A run that has ended, without one: a pool with its scores, and what the rule picked. */
import { Ledger } from '../../src/budget/ledger.ts';
import type { Scored } from '../../src/operation.ts';
import type { Finished } from '../../src/requests/answer.ts';
import { makeTask } from '../../src/requests/make-task.ts';
import type { TaskRequest } from '../../src/requests/task.ts';
import { candidate } from '../drive.ts';
import { config } from './config.ts';
import { neutral } from './request.ts';

export const scored = (id: string, text: string, value: number | null, more: Partial<Scored> = {}): Scored => ({
  ...candidate(id, text),
  scores: { outcome: value === null ? { ok: false, reason: 'failed' } : { ok: true, value } },
  ...more,
});

export interface Ended {
  readonly pool: readonly Scored[];
  /** Places in the pool of those that could win, best first. */
  readonly ranking: readonly number[];
  readonly request?: Partial<TaskRequest>;
  readonly more?: Partial<Finished>;
}

export function finished({ pool, ranking, request = {}, more = {} }: Ended): Finished {
  const task = makeTask(neutral({ sampling: { seed: 3 }, family: 'any', ...request }), config, () => 0);
  const places = ranking.toSorted((a, b) => a - b);
  const order = ranking.map((place) => places.indexOf(place));
  return {
    id: 'run_0123',
    created: 1_790_000_000,
    task,
    outcome: {
      pool,
      eligible: places.map((place) => pool[place]!),
      choice: { index: order[0]!, ranking: order, degraded: false },
    },
    ledger: new Ledger(task.limits),
    stop: undefined,
    indexes: new Map(pool.map(({ id }, place) => [id, place])),
    fingerprints: ['b', 'a'],
    execution: 'edge',
    timing: { queue_ms: 1, generate_ms: 2, score_ms: 3, total_ms: 7, round_trips: 2, round_trips_saved: 0 },
    warnings: [],
    ...more,
  };
}
