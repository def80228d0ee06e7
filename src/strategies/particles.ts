import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { mulberry32, subSeed } from '../random.ts';
import type { Bound, Gathered, StrategyTask } from './define.ts';
import { normalised, systematic } from './particle-weights.ts';
import { bestFirst } from './rank.ts';
import type { Branch } from './step-search.ts';
import { StepSearch, stepwise, tellRound } from './step-search.ts';
import { stepValue } from './step-value.ts';

const targets = ['value', 'product'] as const;

/** Options of every search by particles. */
export const particleOptions = {
  particles: z.int().min(1).max(256).default(16).describe('Candidates that are written side by side.'),
  max_steps: z.int().min(1).max(200).default(40).describe('Steps at most (methods C.1).'),
  step_reward: z.string().optional().describe("Reward that weighs prefixes; the policy's process_reward where absent."),
  target: z.enum(targets).default('value').describe('What weights follow: the last value, or the product of all (methods C.5).'),
};

/** What is the same of every search by particles. */
export const particleSearch = {
  family: 'search',
  rounds: 'many',
  needs: stepwise,
  draws: true,
  width: (budget: number) => ({ particles: budget }),
  cost: 'at most max_steps x particles steps, one score call a step and one a reward',
  bound({ particles, max_steps: rounds }: ParticleSize, maxTokens: number, rewards: number): Bound {
    const steps = particles * rounds + 1; // a copy of an ended one is not written again, but each step may end all that are open
    return { candidates: steps, tokens: steps * maxTokens, scoreCalls: rounds + 1 + rewards };
  },
} as const;

/** A prefix that is being written, with its weight. */
interface Particle {
  readonly branch: Branch;
  readonly logWeight: number;
  /** Of its last step; 1 for the prompt. */
  readonly value: number;
  /** It came to its end, or has all its tokens: it is not written on, and may still be copied. */
  readonly done: boolean;
}

const LEAST = 1e-6; // a value of 0 would end a particle that may be right

export interface ParticleSize {
  readonly particles: number;
  readonly max_steps: number;
  /** `value`: prefixes are wanted in proportion to the value of their last step; `product`: to the product of all. */
  readonly target: (typeof targets)[number];
}

/**
 * Particles: each step all are written on, weighted, and maybe resampled. What a weight is multiplied by is the value now
 * over the value before (`value`), or the value of the new step (`product`); a failed score is a weight of 0, not a small one.
 * Where all weights are 0 the step is done again once, then all are equal. Ends when all particles have ended, after
 * `max_steps`, or when a sample comes back empty. Nothing is resampled after the last step.
 *
 * @param resample  the weights to draw copies by after a step, or undefined to go on with the particles as they are
 * @param name      of the strategy: its draws are its own
 * @see methods C.5, C.15
 */
export function* filterParticles(
  task: StrategyTask,
  { particles: count, max_steps: maxSteps, target }: ParticleSize,
  resample: (weights: readonly number[], step: number) => readonly number[] | undefined,
  name: string,
): Asking<Gathered> {
  const search = new StepSearch(task);
  let particles: readonly Particle[] = Array.from({ length: count }, () => ({
    branch: root,
    logWeight: 0,
    value: 1,
    done: false,
  }));
  let open: readonly Scored[] = []; // the last prefixes that there were
  let mayRestart = true;
  for (let step = 1; step <= maxSteps && particles.some(({ done }) => !done); step++) {
    const { moved, growing } = yield* propagate(particles, search, task, target);
    if (moved.length === 0) break;
    if (growing.length > 0) open = bestFirst(growing, task.stepReward!);
    const weights = normalised(moved.map(({ logWeight }) => logWeight));
    if (weights === undefined && mayRestart) {
      mayRestart = false;
      continue;
    }
    const shares = weights ?? moved.map(() => 1 / moved.length);
    const drawn = moved.every(({ done }) => done) ? undefined : resample(shares, step);
    particles = drawn ? copies(moved, drawn, mulberry32(subSeed(task.seed, name, step))()) : reweighted(moved, shares);
    const kept = growing.filter(({ id }) => particles.some(({ branch }) => branch.id === id));
    yield* tellRound(step - 1, growing, kept);
  }
  return yield* search.gather(open);
}

const copies = (particles: readonly Particle[], weights: readonly number[], u: number): Particle[] =>
  systematic(weights, u).map((place) => ({ ...particles[place]!, logWeight: 0 }));

const reweighted = (particles: readonly Particle[], weights: readonly number[]): Particle[] =>
  particles.map((particle, place) => ({ ...particle, logWeight: Math.log(weights[place]!) }));

/** Writes all that are not done on by a step, copies of one prefix in one entry. Those for which nothing came are gone. */
function* propagate(
  particles: readonly Particle[],
  search: StepSearch,
  task: StrategyTask,
  target: ParticleSize['target'],
): Asking<{ moved: Particle[]; growing: readonly Scored[] }> {
  const prefixes = [...new Map(particles.flatMap(({ branch, done }) => (done ? [] : [[branch.id, branch] as const]))).values()];
  const counts = prefixes.map(({ id }) => particles.filter(({ branch, done }) => !done && branch.id === id).length);
  const { children, growing } = yield* search.grow(prefixes, counts);
  const waiting = new Map(prefixes.map(({ id }) => [id, children.filter(({ parent }) => parent === id).values()]));
  const moved = particles.flatMap((particle): Particle[] => {
    if (particle.done) return [particle];
    const child = waiting.get(particle.branch.id)?.next().value; // copies of one prefix are alike: whose child is whose does not matter
    return child ? [follow(particle, child, !growing.includes(child), task, target)] : [];
  });
  return { moved: children.length === 0 ? [] : moved, growing };
}

function follow(
  { logWeight, value: before }: Particle,
  child: Scored,
  done: boolean,
  task: StrategyTask,
  target: ParticleSize['target'],
): Particle {
  const found = stepValue(child, task);
  if (found === undefined) return { branch: child, logWeight: Number.NEGATIVE_INFINITY, value: before, done };
  const value = Math.max(LEAST, found);
  const gain = target === 'value' ? Math.log(value) - Math.log(before) : Math.log(value);
  return { branch: child, logWeight: logWeight + gain, value, done };
}
