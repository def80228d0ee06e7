import { abMcts } from './ab-mcts.ts';
import { backtrack } from './backtrack.ts';
import { beamSearch } from './beam-search.ts';
import { bestFirst } from './best-first.ts';
import { bestOfN } from './best-of-n.ts';
import type { Family, Strategy } from './define.ts';
import { dvts } from './dvts.ts';
import { entropicParticleFilter } from './entropic-particle-filter.ts';
import { entropyFork } from './entropy-fork.ts';
import { firstWrongStep } from './first-wrong-step.ts';
import { lookahead } from './lookahead.ts';
import { mcts } from './mcts.ts';
import { particleFilter } from './particle-filter.ts';
import { planThenSearch } from './plan-then-search.ts';
import { prefixValues } from './prefix-values.ts';
import { prune } from './prune.ts';
import { puct } from './puct.ts';
import { rebase } from './rebase.ts';
import { selfRefine } from './self-refine.ts';
import { treeOfThoughts } from './tree-of-thoughts.ts';
import { uct } from './uct.ts';

/** What samples from the prompt, alone or for each approach of a plan. */
const samplers: readonly Strategy[] = [
  bestOfN,
  beamSearch,
  abMcts,
  backtrack,
  bestFirst,
  dvts,
  entropicParticleFilter,
  entropyFork,
  lookahead,
  mcts,
  particleFilter,
  prefixValues,
  prune,
  puct,
  rebase,
  treeOfThoughts,
  uct,
];

/** The only list of strategies: requests, /v1/strategies, OpenAPI and the laws are made from it. */
export const strategies: readonly Strategy[] = [...samplers, planThenSearch(samplers), firstWrongStep, selfRefine];

export const strategyNamed = (name: string): Strategy | undefined => strategies.find((strategy) => strategy.name === name);

export const familyOf = (family: Family): readonly Strategy[] => strategies.filter((strategy) => strategy.family === family);
