import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import type { Order } from './beams.ts';
import { beamOptions, beamWidth, growBeams } from './beams.ts';
import { define } from './define.ts';
import { bestFirst } from './rank.ts';
import type { StepSearch } from './step-search.ts';
import { stepwise } from './step-search.ts';

/**
 * Beam search that looks ahead: a step is ranked by the score of what `lookahead` greedy steps make of it, and only the step
 * itself is kept. Where that reaches an answer, the answer is a completed candidate: it is paid for.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.4; Snell et al. 2024
 */
export const lookahead = define({
  name: 'lookahead',
  title: 'Beam search that ranks a step by what a few greedy steps make of it.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    ...beamOptions,
    lookahead: z
      .int()
      .min(0)
      .max(8)
      .default(1)
      .describe('Greedy steps ahead, 1 to 3 make sense; 0 is beam search (methods C.4).'),
  }),
  needs: stepwise,
  width: beamWidth,
  cost: 'at most max_steps x keep x branch x (1 + lookahead) steps, two score calls a round and one a reward',
  bound: ({ keep, branch, max_steps: rounds, lookahead: steps }, maxTokens, rewards) => ({
    candidates: keep * branch * rounds * 2 + 1, // a step and what it leads to may both end; one more from the prompt
    tokens: (keep * branch * rounds * (1 + steps) + 1) * maxTokens,
    scoreCalls: 2 * rounds + 1 + rewards,
  }),
  run: (task, { lookahead: steps, ...size }) => growBeams(task, size, { order: byOutlook(task.stepReward!, steps) }), // `needs.stepReward`
});

/** By the scores of what follows each, where anything does. */
const byOutlook = (reward: string, steps: number): Order =>
  function* (growing, search) {
    const byId = new Map(growing.map((beam) => [beam.id, beam]));
    return bestFirst(yield* lookedAhead(growing, steps, search), reward).map(({ id }) => byId.get(id)!);
  };

function* lookedAhead(growing: readonly Scored[], steps: number, search: StepSearch): Asking<Scored[]> {
  const rollouts = yield* search.rollForward(growing, steps);
  const ahead = yield* search.score(rollouts.flatMap((rollout) => rollout.slice(-1)));
  search.setAside(ahead);
  const rest = ahead.values();
  return growing.map((own, place) => (rollouts[place]!.length > 0 ? { ...own, scores: rest.next().value!.scores } : own));
}
