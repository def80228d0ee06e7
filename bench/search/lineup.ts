/** Who takes part: every search by its name, and beside it what refines. Budgets are hard limits in tokens. */
import { familyOf, strategyNamed } from '../../src/strategies/registry.ts';

export interface Contestant {
  readonly name: string;
  readonly path: '/v1/search' | '/v1/critique-refine';
  readonly strategy: string;
  /** Options for so many answers' worth of tokens. */
  readonly options: (answers: number) => Readonly<Record<string, unknown>>;
  /** Members of the request that differ from what it says by default. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Answers' worth of a whole run, where they are not those of the others. */
  readonly budgets?: readonly number[];
}

/** Those that cannot run on the embedded models: they need a policy that follows instructions. */
const INSTRUCTED: ReadonlySet<string> = new Set(['plan_then_search', 'self_refine']);

/** Each strategy with the width that its own integer budget means; its other options are its defaults. */
export const contestants: readonly Contestant[] = [...familyOf('search'), strategyNamed('first_wrong_step')!]
  .filter(({ name }) => !INSTRUCTED.has(name))
  .map(({ name, family, width }) => ({
    name,
    strategy: name,
    path: family === 'search' ? '/v1/search' : '/v1/critique-refine',
    options: width,
  }));

const search = (name: string, strategy: string, options: Contestant['options'], more: Contestant['more'] = {}): Contestant => ({
  name,
  strategy,
  path: '/v1/search',
  options,
  more,
});

const width = (strategy: string): Contestant['options'] => strategyNamed(strategy)!.width;
const hot = (temperature: number) => ({ sampling: { temperature } });
/** Decided by `outcome` as ever; what is said of `process` holds where it ranks prefixes. */
const reducedBy = (reduction: string) => ({
  rewards: [
    { name: 'outcome', weight: 1 },
    { name: 'process', weight: 0, reduction },
  ],
});

/** Values of a completed candidate that end a search in the remedies. */
export const ACCEPTED: readonly number[] = [0.9, 0.99];

/** What might make a search worth more for its tokens: hotter steps, other reductions, other shapes, both rewards at the end, an end. */
export const remedies: readonly Contestant[] = [
  search('entropy_fork (half as many again)', 'entropy_fork', (answers) => ({ n: Math.round(1.5 * answers) })),
  search('entropy_fork (most of them forks)', 'entropy_fork', (answers) => ({
    n: Math.round(1.75 * answers),
    first: Math.ceil(answers / 4),
  })),
  ...[1.3, 1.6].flatMap((temperature) =>
    ['entropic_particle_filter', 'rebase', 'beam_search'].map((strategy) =>
      search(`${strategy} (temperature ${temperature})`, strategy, width(strategy), hot(temperature)),
    ),
  ),
  ...['min', 'meanlogit'].flatMap((reduction) =>
    ['entropic_particle_filter', 'beam_search'].map((strategy) =>
      search(`${strategy} (reduction ${reduction})`, strategy, width(strategy), reducedBy(reduction)),
    ),
  ),
  ...['entropic_particle_filter', 'ab_mcts'].map((strategy) =>
    search(`${strategy} (both rewards choose)`, strategy, width(strategy), {
      rewards: ['outcome', 'process'].map((name) => ({ name, weight: 1 })),
    }),
  ),
  ...ACCEPTED.flatMap((accept) =>
    ['ab_mcts', 'puct'].map((strategy) => ({
      ...search(`${strategy} (ends at ${accept})`, strategy, (answers) => ({ ...width(strategy)(answers), accept })),
      budgets: [16, 64],
    })),
  ),
  search('beam_search (many kept and few branches)', 'beam_search', (answers) => ({ keep: answers, branch: 2 })),
  search('entropic_particle_filter (twice the particles)', 'entropic_particle_filter', (answers) => ({ particles: 2 * answers })),
  search('rebase (twice the width)', 'rebase', (answers) => ({ width: 2 * answers })),
  search('prune (three times as many begun)', 'prune', (answers) => ({
    n: 3 * answers,
    checkpoints: [10, 22],
    prune_alpha: 0.6,
  })),
  search('prune (four times as many begun)', 'prune', (answers) => ({ n: 4 * answers, checkpoints: [12], prune_alpha: 0.8 })),
  search('prune (by the outcome reward)', 'prune', (answers) => ({
    n: 3 * answers,
    checkpoints: [22],
    step_reward: 'outcome',
    prune_alpha: 0.7,
  })),
];
