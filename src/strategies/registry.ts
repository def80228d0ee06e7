import { beamSearch } from './beam-search.ts';
import { bestOfN } from './best-of-n.ts';
import type { Family, Strategy } from './define.ts';
import { firstWrongStep } from './first-wrong-step.ts';
import { selfRefine } from './self-refine.ts';

/** The only list of strategies: requests, /v1/strategies, OpenAPI and the laws are made from it. */
export const strategies: readonly Strategy[] = [bestOfN, beamSearch, firstWrongStep, selfRefine];

export const strategyNamed = (name: string): Strategy | undefined => strategies.find((strategy) => strategy.name === name);

export const familyOf = (family: Family): readonly Strategy[] => strategies.filter((strategy) => strategy.family === family);
