/** Greedy once and many samples once, each scored by both rewards: what best-of-N and votes of every N are computed from. */
import { z } from 'zod';
import { type RunAnswer, runAnswer } from '../../schemas/run.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { subSeed } from '../../src/random.ts';
import { oddities } from './accounts.ts';
import type { Problem } from './problems.ts';
import type { Winnow } from './winnow.ts';

/** Of the whole bench; each request has its own seed, made of this, what it is for, and its problem. */
export const SEED = 1;

export const REWARDS = ['outcome', 'process'] as const;
export type Reward = (typeof REWARDS)[number];

const score = z.number().nullable().describe('Null where scoring failed.');
export const written = z.object({ text: z.string(), finish: z.string(), tokens: z.int() });
export const scored = written.extend({ scores: z.object({ outcome: score, process: score }) });
export type Scored = z.infer<typeof scored>;

const rewardCost = z
  .object({ texts: z.int(), tokens: z.int() })
  .describe('Different texts scored, and what the reward read of them.');

export const sampleLine = z.object({
  id: z.string(),
  seed: z.int(),
  greedy: written,
  samples: z.array(scored),
  cost: z.object({ outcome: rewardCost, process: rewardCost }),
  odd: z.array(z.string()),
});
export type SampleLine = z.infer<typeof sampleLine>;

export async function measureSamples(winnow: Winnow, problem: Problem, n: number, signal: AbortSignal): Promise<SampleLine> {
  const seed = subSeed(SEED, 'samples', problem.id);
  const task = { model: problem.task, prompt: problem.prompt };
  const returned = { rewards: ['outcome'], return: { candidates: 'all' } };
  const bestOfN = (body: object) => winnow.post('/v1/best-of-n', { ...task, ...returned, ...body }, runAnswer, signal);
  const greedy = await bestOfN({ n: 1, sampling: { temperature: 0, seed } });
  const run = await bestOfN({ n, sampling: { seed } });
  const candidates = run.candidates!; // asked for by `return`
  const scoring = { ...task, candidates: candidates.map(({ text }) => text), rewards: ['process'] };
  const process = await winnow.post('/v1/score', scoring, scoreAnswer, signal);
  return {
    id: problem.id,
    seed,
    greedy: writtenOf(greedy.candidates![0]!),
    samples: candidates.map((candidate, place) => ({
      ...writtenOf(candidate),
      scores: { outcome: scoreBy(candidate.scores, 'outcome'), process: scoreBy(process.data[place]!.scores, 'process') },
    })),
    cost: { outcome: costOf(run.account, 'outcome'), process: costOf(process.account, 'process') },
    odd: [...oddities(greedy), ...oddities(run), ...miscounted(run, process.account, n)],
  };
}

function miscounted(run: RunAnswer, scoring: RunAnswer['account'], n: number): string[] {
  const candidates = run.candidates ?? [];
  const texts = new Set(candidates.map(({ text }) => text)).size;
  const counts = {
    candidates: [candidates.length, n],
    outcome: [costOf(run.account, 'outcome').texts, texts],
    process: [costOf(scoring, 'process').texts, texts],
  };
  return Object.entries(counts).flatMap(([what, [count, expected]]) =>
    count === expected ? [] : [`best_of_n, seed ${run.seed}: ${what} counts ${count}, and should be ${expected}`],
  );
}

type Candidate = NonNullable<RunAnswer['candidates']>[number];

export const writtenOf = ({ text = '', finish_reason: finish, tokens }: Candidate): z.infer<typeof written> => ({
  text,
  finish,
  tokens,
});

export function scoreBy(scores: Candidate['scores'], reward: Reward): number | null {
  const score = scores[reward];
  return score?.ok ? score.value : null;
}

/** A count that is unknown is null on the wire; a bench that reported it as 0 would lie. */
export function known(count: number | null): number {
  if (count === null) throw new Error('The backend does not say how many tokens it took, so there is nothing to compare.');
  return count;
}

export function costOf({ rewards }: RunAnswer['account'], reward: Reward): z.infer<typeof rewardCost> {
  const spent = rewards[reward];
  return spent ? { texts: spent.candidates, tokens: known(spent.tokens) } : { texts: 0, tokens: 0 };
}
