import { z } from 'zod';
import type { Finish } from '../../schemas/candidate.ts';
import type { Asking, Candidate, Prefix, Scored } from '../operation.ts';
import { note, root, sample } from '../operation.ts';
import type { StrategyTask } from './define.ts';
import { define, finished, scoredBy, tokensLeft, unscored } from './define.ts';
import { bestFirst } from './rank.ts';

/**
 * Step-level beam search: each round every kept prefix grows `branch` next steps, and the best `keep` of the open ones go
 * on; those that ended are set aside. Ends when `min_completed` have ended, after `max_steps` rounds, or when a round comes
 * back empty. Where nothing ended, the best open prefixes are completed with what the finishing reserve holds.
 *
 * @returns the candidates that reached their end or all their tokens, unordered; where none ended, the best open ones too
 * @see methods C.0, C.1; Snell et al. 2024
 */
export const beamSearch = define({
  name: 'beam_search',
  title: 'Grow several prefixes step by step and keep the best by a process reward.',
  family: 'search',
  rounds: 'many',
  options: z.strictObject({
    keep: z.int().min(1).max(64).default(4).describe('Beams that go on after each round (methods C.1).'),
    branch: z.int().min(1).max(32).default(4).describe('Next steps sampled from each beam (methods C.1).'),
    max_steps: z.int().min(1).max(200).default(40).describe('Rounds at most (methods C.1).'),
    min_completed: z.int().min(1).max(2048).optional().describe('Ended candidates that are enough; `keep` where absent.'),
    dedupe: z.boolean().default(true).describe('Merge open prefixes of equal text (methods C.0).'),
    step_reward: z.string().optional().describe("Reward that ranks prefixes; the policy's process_reward where absent."),
  }),
  needs: { stepReward: true, continuation: true, steps: true },
  width: (budget) => {
    const branch = Math.min(4, budget);
    return { branch, keep: Math.floor(budget / branch) };
  },
  cost: 'at most max_steps x keep x branch steps, one score call a round and one a reward',
  bound: ({ keep, branch, max_steps: rounds }, maxTokens, rewards) => ({
    candidates: keep * branch * rounds + 1, // one more from the prompt, where every step was a dead end
    tokens: (keep * branch * rounds + 1) * maxTokens,
    scoreCalls: rounds + 1 + rewards,
  }),
  *run(task, { keep, branch, max_steps: maxSteps, min_completed: minCompleted = keep, dedupe }) {
    const reward = task.stepReward!; // `needs.stepReward`: refused before it is started where there is none
    const completed: Scored[] = [];
    const exhausted: Scored[] = [];
    let beams: readonly Beam[] = [root];
    let open: readonly Scored[] = []; // the last beams that there were
    for (let round = 0; round < maxSteps && beams.length > 0 && completed.length < minCompleted; round++) {
      const steps = yield* sample({ ...task, prefixes: beams, count: round === 0 ? keep * branch : branch, until: 'step' });
      const scored = yield* scoredBy(reward, task, unscored(steps.filter(alive(task, beams))));
      const unfinished = scored.filter((candidate) => !finished(candidate));
      const growing = unfinished.filter((candidate) => tokensLeft(candidate, task.sampling) > 0);
      completed.push(...scored.filter(finished));
      exhausted.push(...unfinished.filter((candidate) => !growing.includes(candidate)));
      const kept = bestFirst(dedupe ? distinct(growing) : growing, reward).slice(0, keep);
      if (kept.length > 0) open = kept;
      beams = kept;
      for (const { id } of growing.filter((candidate) => !kept.includes(candidate)))
        yield* note({ type: 'prune', id, reason: 'not_kept' });
      yield* note({ type: 'round', round, kept: kept.map((beam) => beam.id) });
    }
    if (completed.length > 0) return { pool: [...completed, ...exhausted] };
    return { pool: [...(yield* complete(task, reward, open[0] ?? root, keep * branch)), ...exhausted, ...open] };
  },
});

/** What grows: the prompt, or a candidate, which says how its last step ended. */
type Beam = Prefix & { readonly finish?: Finish };

/** A failed one is dropped, and so is a dead end: an empty step, unless the answer stands before it (methods C.0). */
const alive =
  ({ answered }: StrategyTask, parents: readonly Beam[]) =>
  (candidate: Candidate): boolean => {
    if (candidate.finish === 'error') return false;
    if (candidate.written.trim() !== '') return true;
    const parent = parents.find(({ id }) => id === candidate.parent);
    return finished(candidate) && (answered(candidate.text) || (parent !== undefined && endsStep(parent, candidate)));
  };

/** It wrote nothing, and yet its step is not empty: the parent's was cut in the middle, or began the stop string. */
const endsStep = ({ finish, text }: Beam, candidate: Candidate): boolean =>
  candidate.text.trim() !== '' && (candidate.text.length < text.length || (finish !== undefined && finish !== 'step'));

/** The first of each text. */
function distinct(candidates: readonly Scored[]): Scored[] {
  const seen = new Set<string>();
  return candidates.filter(({ text }) => !seen.has(text) && seen.add(text));
}

/** Nothing ended: the best open prefix is written to its end, greedily, with the finishing reserve. */
function* complete(task: StrategyTask, reward: string, best: Beam, firstChild: number): Asking<Scored[]> {
  const sampling = { ...task.sampling, temperature: 0 };
  const ends = yield* sample({ ...task, sampling, prefixes: [best], count: 1, firstChild, until: 'end', finishing: true });
  return yield* scoredBy(reward, task, unscored(ends.filter(alive(task, [best]))));
}
