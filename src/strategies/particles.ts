import { z } from 'zod';
import type { Asking, Scored } from '../operation.ts';
import { root } from '../operation.ts';
import { mulberry32, subSeed } from '../random.ts';
import type { Bound, Gathered, StrategyTask } from './define.ts';
import { finished, tokensLeft } from './define.ts';
import { drawn, normalised, systematic, systematicWithFirst } from './particle-weights.ts';
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
  cost: 'at most max_steps x particles steps, one score call a step of each pass and one a reward',
  bound({ particles, max_steps: rounds, iterations = 1 }: ParticleSize, maxTokens: number, rewards: number): Bound {
    const steps = particles * rounds + 1; // a copy of an ended one is not written again, but each step may end all that are open
    return { candidates: steps, tokens: steps * maxTokens, scoreCalls: rounds * iterations + 1 + rewards };
  },
} as const;

export interface ParticleSize {
  /** In all passes together. */
  readonly particles: number;
  readonly max_steps: number;
  /** `value`: prefixes are wanted in proportion to the value of their last step; `product`: to the product of all. */
  readonly target: (typeof targets)[number];
  /** Passes, which share the particles evenly: each after the first one keeps a path of the one before. One where absent. */
  readonly iterations?: number;
}

/** A prefix that is being written, with its weight. */
interface Particle {
  readonly branch: Branch;
  /** What it was after each step. */
  readonly path: readonly Scored[];
  readonly logWeight: number;
  /** Of its last step; 1 for the prompt. */
  readonly value: number;
  /** It came to its end, or has all its tokens: it is not written on, and may still be copied. */
  readonly done: boolean;
  /** What is left of the retained path that it follows in place of being written; absent where it is written. */
  readonly ahead?: readonly Scored[] | undefined;
}

const LEAST = 1e-6; // a value of 0 would end a particle that may be right

/** The weights to draw copies by after a step, or undefined to go on with the particles as they are. */
export type Resample = (weights: readonly number[], step: number) => readonly number[] | undefined;

/**
 * Particles: each step all are written on, weighted, and maybe resampled. What a weight is multiplied by is the value now
 * over the value before (`value`), or the value of the new step (`product`); a failed score is a weight of 0, not a small one,
 * and a particle without weight waits while there are others to write on.
 * A pass ends when all particles have ended, after `max_steps`, or when a sample comes back empty, which ends the search.
 *
 * With more passes than one it is particle Gibbs: of each pass one particle is drawn by its weight, and its path is kept in
 * the next one, where it is weighted and copied like the others and cannot be lost.
 *
 * @param name  of the strategy: its draws are its own
 * @see methods C.5, C.15; Andrieu et al. 2010
 */
export function* filterParticles(task: StrategyTask, size: ParticleSize, resample: Resample, name: string): Asking<Gathered> {
  const filter = new Filter(task, size, resample, name);
  for (let pass = 0; pass < (size.iterations ?? 1) && !filter.stopped; pass++) yield* filter.pass(pass);
  return yield* filter.gather();
}

class Filter {
  readonly #task: StrategyTask;
  readonly #size: ParticleSize;
  readonly #resample: Resample;
  readonly #name: string;
  readonly #search: StepSearch;
  readonly #warnings: string[] = [];
  /** The last prefixes that there were. */
  #open: readonly Scored[] = [];
  #retained: readonly Scored[] | undefined;
  #round = 0;
  /** A sample came back empty. */
  stopped = false;

  constructor(task: StrategyTask, size: ParticleSize, resample: Resample, name: string) {
    this.#task = task;
    this.#size = size;
    this.#resample = resample;
    this.#name = name;
    this.#search = new StepSearch(task);
  }

  /** Where all weights are 0 a step is done again once, then all are equal. Nothing is resampled after the last step. */
  *pass(pass: number): Asking<void> {
    const { max_steps: maxSteps, particles: count, iterations = 1 } = this.#size;
    const unwritten: Particle = { branch: root, path: [], logWeight: 0, value: 1, done: false };
    let particles = Array.from({ length: count / iterations }, () => unwritten);
    if (this.#retained) particles[0] = { ...unwritten, ahead: this.#retained };
    let mayRestart = true;
    for (let step = 1; step <= maxSteps && particles.some(({ done }) => !done); step++) {
      const { moved, growing } = yield* this.#propagate(particles);
      if (this.stopped) return;
      if (growing.length > 0) this.#open = bestFirst(growing, this.#task.stepReward!);
      const known = normalised(moved.map(({ logWeight }) => logWeight));
      if (known === undefined && mayRestart) {
        mayRestart = false;
        continue;
      }
      if (known === undefined)
        this.#warnings.push(`All particles had a weight of 0 in round ${this.#round}; they went on as equals.`);
      const weights = known ?? equal(moved);
      const last = step === maxSteps || moved.every(({ done }) => done);
      const wanted = last ? undefined : this.#resample(weights, step);
      const index = pass * maxSteps + step;
      particles = wanted ? this.#copies(moved, wanted, index) : reweighted(moved, weights);
      const kept = growing.filter(({ id }) => particles.some(({ branch }) => branch.id === id));
      yield* tellRound(this.#round++, growing, kept);
    }
    const weights = normalised(particles.map(({ logWeight }) => logWeight)) ?? equal(particles);
    this.#retained = particles[drawn(weights, this.#draw(`${this.#name} retained`, pass))]!.path;
  }

  *gather(): Asking<Gathered> {
    return { ...(yield* this.#search.gather(this.#open)), warnings: this.#warnings };
  }

  #copies(particles: readonly Particle[], weights: readonly number[], index: number): Particle[] {
    const retains = particles[0]!.ahead !== undefined;
    const places = (retains ? systematicWithFirst : systematic)(weights, this.#draw(this.#name, index));
    return places.map((place, copy) => {
      const { ahead, ...particle } = particles[place]!;
      return { ...particle, logWeight: 0, ahead: copy === 0 ? ahead : undefined };
    });
  }

  #draw(stage: string, index: number): number {
    return mulberry32(subSeed(this.#task.seed, stage, index))();
  }

  /**
   * Writes those that go on by a step, copies of one prefix in one entry. Those for which nothing came are gone, and those
   * without weight stand where they are, unless all that could go on are without.
   */
  *#propagate(particles: readonly Particle[]): Asking<{ moved: Particle[]; growing: readonly Scored[] }> {
    const open = particles.filter(({ done, ahead = [] }) => !done && ahead.length === 0);
    const weighted = open.filter(({ logWeight }) => logWeight > Number.NEGATIVE_INFINITY);
    const written = weighted.length > 0 ? weighted : open;
    const prefixes = [...new Map(written.map(({ branch }) => [branch.id, branch])).values()];
    const counts = prefixes.map(({ id }) => written.filter(({ branch }) => branch.id === id).length);
    const { children, growing } = yield* this.#search.grow(prefixes, counts);
    this.stopped = written.length > 0 && children.length === 0;
    const waiting = new Map(prefixes.map(({ id }) => [id, children.filter(({ parent }) => parent === id).values()]));
    const moved = particles.flatMap((particle): Particle[] => {
      if (particle.done) return [particle];
      const [next, ...ahead] = particle.ahead ?? [];
      if (next) return [{ ...this.#follow(particle, next), ahead }];
      if (!written.includes(particle)) return [particle];
      const child = waiting.get(particle.branch.id)?.next().value; // copies of one prefix are alike: whose child is whose does not matter
      return child ? [this.#follow(particle, child)] : [];
    });
    return { moved, growing };
  }

  #follow(particle: Particle, child: Scored): Particle {
    const { logWeight, value: before, path } = particle;
    const done = finished(child) || tokensLeft(child, this.#task.sampling) <= 0;
    const moved = { ...particle, branch: child, path: [...path, child], done };
    const found = stepValue(child, this.#task);
    if (found === undefined) return { ...moved, logWeight: Number.NEGATIVE_INFINITY };
    const value = Math.max(LEAST, found);
    const gain = this.#size.target === 'value' ? Math.log(value) - Math.log(before) : Math.log(value);
    return { ...moved, logWeight: logWeight + gain, value };
  }
}

const equal = (particles: readonly Particle[]): number[] => particles.map(() => 1 / particles.length);

const reweighted = (particles: readonly Particle[], weights: readonly number[]): Particle[] =>
  particles.map((particle, place) => ({ ...particle, logWeight: Math.log(weights[place]!) }));
