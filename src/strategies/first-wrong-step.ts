import { z } from 'zod';
import type { Sampling } from '../../schemas/sampling.ts';
import type { Asking, Candidate, Prefix, Scored } from '../operation.ts';
import { root, sample } from '../operation.ts';
import { REFLECTION } from '../prompts/wrong-quotes.ts';
import { firstCharacters, followedBy } from './cut.ts';
import type { Gathered, StrategyTask } from './define.ts';
import { define, finished, fusible, scoredBy, unscored } from './define.ts';
import { keepBest, latestMistake } from './keep-best.ts';
import { Numbering } from './numbering.ts';
import { Stall } from './stall.ts';
import { type Finding, QuotingCritic, wrongStepStart } from './wrong-place.ts';
import { sentenceStart } from './wrong-spans.ts';

const HOTTER = 0.3; // added to the temperature where cuts do not move
const HOTTEST = 2; // what a request may ask for

const options = z.strictObject({
  max_rounds: z.int().min(0).max(63).default(4).describe('Regenerations at most (methods C.12, C.15).'),
  find: z
    .enum(['step_reward', 'critic'])
    .default('step_reward')
    .describe('Who finds the mistake: the process reward its step, or a critic that quotes it word for word (methods C.12).'),
  step_reward: z.string().optional().describe("Reward that finds the wrong step; the policy's process_reward where absent."),
  critic: z
    .string()
    .optional()
    .describe('Policy that quotes mistakes; the policy itself where absent. It needs `instruct: true` in the config.'),
  cut_at: z
    .enum(['span', 'sentence'])
    .default('span')
    .describe('Where the best version is cut: where the mistake begins, or where its sentence does (methods C.12).'),
  mode: z
    .enum(['truncate', 'truncate_think'])
    .default('truncate')
    .describe('`truncate_think`: a sentence that asks for care stands after the cut, and is part of the answer (methods C.12).'),
  on_stall: z
    .enum(['go_on', 'restart'])
    .optional()
    .describe(
      '`restart`: where the cut has not moved twice, sample once at a temperature that is 0.3 higher, then begin afresh (methods C.12); `go_on` from the same cut. Where absent `restart` with a critic, `go_on` without.',
    ),
});
type Options = z.output<typeof options>;

/**
 * Find the best version's first mistake, cut there, write the rest again, keep the best. Who finds it is the process reward
 * or a critic. Ends when the best version has no mistake (`converged` where it is a whole one), after `max_rounds`, when
 * nobody can tell, or when nothing can be sampled. Where no reward is in play, the best version is the one whose first
 * mistake comes latest.
 *
 * @returns every version, the first one first; where no reward is in play the best one alone
 * @see methods C.12, C.15, E.0
 */
export const firstWrongStep = define({
  name: 'first_wrong_step',
  title: 'Cut the best version at its first wrong step and write the rest again.',
  family: 'critique_refine',
  rounds: 'many',
  options,
  needs: ({ find }) => (find === 'critic' ? { critic: true, continuation: true } : { stepReward: true, continuation: true }),
  width: (budget) => ({ max_rounds: Math.min(budget - 1, 63) }),
  cost: '1 + max_rounds answers at most, two score calls each; with a critic as many critiques, one score call each',
  bound: ({ max_rounds: rounds, find }, maxTokens, rewards) => ({
    candidates: rounds + 1,
    tokens: (find === 'critic' ? 2 : 1) * (rounds + 1) * maxTokens,
    scoreCalls: (rounds + 1) * (1 + rewards),
  }),
  *run(task, options) {
    const { max_rounds: maxRounds } = options;
    const numbering = new Numbering();
    const versions = new Versions(task, options, numbering);
    const stall = new Stall();
    let next: Next = { prefix: root, sampling: task.sampling };
    for (let round = 0; round <= maxRounds; round++) {
      const firstChild = numbering.take([next.prefix], 1);
      const { prefix, sampling } = next;
      const scoredBy = fusible(task, task.stepReward);
      const written = yield* sample({ ...task, sampling, prefixes: [prefix], count: 1, firstChild, until: 'end', scoredBy });
      if (written.length === 0) break;
      yield* versions.add(written.filter(({ finish }) => finish !== 'error'));
      const best = yield* versions.best();
      if (!best) continue;
      if (round === maxRounds && versions.findingCosts) break; // a critique that nothing is written after
      const wrong = yield* versions.find(best);
      if (wrong === 'none' && finished(best)) return versions.gather('converged');
      if (typeof wrong === 'string') break; // a version that was cut has no mistake to show
      next = after(best, wrong, stall, task, options);
    }
    return versions.gather();
  },
});

interface Next {
  readonly prefix: Prefix;
  readonly sampling: Sampling;
}

/** What the next version is written from. Before the first character there is nothing to be careful about. */
function after(best: Scored, wrong: number, stall: Stall, { sampling }: StrategyTask, options: Options): Next {
  const { find, cut_at: cutAt, mode, on_stall: onStall = find === 'critic' ? 'restart' : 'go_on' } = options;
  const cut = cutAt === 'sentence' ? sentenceStart(best.text, wrong) : wrong;
  const attempt = onStall === 'restart' ? stall.next(cut) : 'again';
  if (attempt === 'afresh') return { prefix: root, sampling };
  const kept = firstCharacters(best, cut);
  const prefix = mode === 'truncate_think' && kept !== root ? followedBy(kept, REFLECTION, best) : kept;
  const temperature = Math.min(HOTTEST, sampling.temperature + (attempt === 'hotter' ? HOTTER : 0));
  return { prefix, sampling: { ...sampling, temperature } };
}

/** All versions of a run, with what is known of each. */
class Versions {
  readonly #task: StrategyTask;
  readonly #critic: QuotingCritic | null;
  /** Decides which version is the best; null where none is in play. */
  readonly #decides: string | null;
  readonly #all: Scored[] = [];
  #best: Scored | undefined;

  constructor(task: StrategyTask, { find, critic = task.policy }: Options, numbering: Numbering) {
    this.#task = task;
    this.#critic = find === 'critic' ? new QuotingCritic(task, critic, numbering) : null;
    this.#decides = task.rewards[0] ?? task.stepReward;
  }

  /** Scores them by those who find mistakes and decide. */
  *add(candidates: readonly Candidate[]): Asking<void> {
    let added = unscored(candidates);
    const rewards = [this.#critic ? null : this.#task.stepReward, this.#decides];
    for (const reward of rewards) if (reward !== null) added = yield* scoredBy(reward, this.#task, added);
    this.#all.push(...added);
  }

  *best(): Asking<Scored | undefined> {
    this.#best = this.#decides === null ? yield* this.#latest() : keepBest(this.#all, this.#decides);
    return this.#best;
  }

  /** A critic is asked about the best version alone, where a reward says which one that is. */
  get findingCosts(): boolean {
    return this.#critic !== null && this.#decides !== null;
  }

  *find(version: Scored): Asking<Finding> {
    return this.#critic ? yield* this.#critic.find(version) : wrongStepStart(version, this.#task);
  }

  *#latest(): Asking<Scored | undefined> {
    const findings: Finding[] = [];
    for (const version of this.#all) findings.push(yield* this.find(version));
    return latestMistake(this.#all, findings);
  }

  gather(stop?: 'converged'): Gathered {
    const pool = this.#decides === null ? [...(this.#best ? [this.#best] : [])] : this.#all;
    return { pool, ...(stop ? { stop } : {}), ...(this.#critic ? { warnings: this.#critic.warnings } : {}) };
  }
}
