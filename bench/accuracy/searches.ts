/** Searches and critique-refine, which cannot be computed from samples: each run for itself, by an integer budget. */
import { z } from 'zod';
import { runAnswer } from '../../schemas/run.ts';
import { subSeed } from '../../src/random.ts';
import type { Problem } from './problems.ts';
import { runLine, runLineOf } from './run-line.ts';
import { SEED, scoreBy, scored, writtenOf } from './samples.ts';
import type { Winnow } from './winnow.ts';

export interface Search {
  readonly name: 'beam_search' | 'wide_beam' | 'first_wrong_step';
  readonly strategy: 'beam_search' | 'first_wrong_step';
  readonly title: string;
  readonly path: string;
  /** What the body says of the width. */
  readonly size: (width: number) => object;
}

const byBudget = (width: number) => ({ budget: width });

export const SEARCHES: readonly Search[] = [
  { name: 'beam_search', strategy: 'beam_search', title: 'beam search', path: '/v1/search', size: byBudget },
  {
    // as many steps a round as the integer budget has, from twice as many prefixes: a noisy reward drops fewer right ones
    name: 'wide_beam',
    strategy: 'beam_search',
    title: 'beam search, branch 2',
    path: '/v1/search',
    size: (width) => ({ options: { keep: width / 2, branch: 2 } }),
  },
  {
    name: 'first_wrong_step',
    strategy: 'first_wrong_step',
    title: 'critique-refine',
    path: '/v1/critique-refine',
    size: byBudget,
  },
];

/** `pool`: those that the last selection chose from. */
export const searchLine = runLine.extend({ pool: z.array(scored) });
export type SearchLine = z.infer<typeof searchLine>;

export async function measureSearch(
  winnow: Winnow,
  problem: Problem,
  { name, strategy, path, width, size }: Search & { readonly width: number },
  signal: AbortSignal,
): Promise<SearchLine> {
  const seed = subSeed(SEED, `${name} ${width}`, problem.id);
  const body = { model: problem.task, prompt: problem.prompt, strategy, ...size(width), sampling: { seed } };
  const run = await winnow.post(path, { ...body, return: { candidates: 'all' } }, runAnswer, signal);
  const pool = run.candidates!; // asked for by `return`
  return {
    ...runLineOf(problem.id, seed, run),
    pool: pool.map((candidate) => ({
      ...writtenOf(candidate),
      scores: { outcome: scoreBy(candidate.scores, 'outcome'), process: scoreBy(candidate.scores, 'process') },
    })),
  };
}
