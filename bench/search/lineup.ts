/** Who takes part: every search by its name, and beside it what refines. Budgets are hard limits in tokens. */
import { familyOf, strategyNamed } from '../../src/strategies/registry.ts';

export interface Contestant {
  readonly name: string;
  readonly path: '/v1/search' | '/v1/critique-refine';
  readonly strategy: string;
  /** Options for so many answers' worth of tokens. */
  readonly options: (answers: number) => Readonly<Record<string, unknown>>;
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
