/** Sixteen candidates a problem, once, with the score of every reward: what each rule then picks from. */
import { z } from 'zod';
import { measure } from '../../../schemas/rewards/certainty.ts';
import { runAnswer } from '../../../schemas/run.ts';
import { scoreAnswer } from '../../../schemas/score.ts';
import { subSeed } from '../../../src/random.ts';
import type { Problem } from '../problems.ts';
import { SEED, written, writtenOf } from '../samples.ts';
import type { Winnow } from '../winnow.ts';
import { rewardsOf } from './config.ts';

export const N = 16;
const AT_ONCE = 16; // rewards of one request
// Groups of DeepConf: a candidate here has 25 to 60 tokens.
const WINDOW = 16;
export const CONFIDENCE = measure.options;

const candidate = written.extend({ scores: z.record(z.string(), z.number().nullable()) });
export const setLine = z.object({
  id: z.string(),
  greedy: written,
  candidates: z.array(candidate),
  /** Index that the rule `confidence` picks, by measure: it reads the log-probabilities, which are not kept. */
  confident: z.partialRecord(measure, z.int()),
});
export type SetLine = z.infer<typeof setLine>;

export async function measureSet(winnow: Winnow, problem: Problem, signal: AbortSignal): Promise<SetLine> {
  const seed = subSeed(SEED, 'catalogue', problem.id);
  const task = { model: problem.task, prompt: problem.prompt };
  const bestOfN = (body: object) =>
    winnow.post('/v1/best-of-n', { ...task, return: { candidates: 'all' }, rewards: [], ...body }, runAnswer, signal);
  const greedy = await bestOfN({ n: 1, selection: 'argmax', sampling: { temperature: 0, seed } });
  const run = await bestOfN({ n: N, selection: 'argmax', sampling: { seed } });
  const candidates = run.candidates!; // asked for by `return`
  const scores: Record<string, number | null>[] = candidates.map(() => ({}));
  const names = rewardsOf(problem.task);
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const asked = { ...task, candidates: candidates.map(({ text }) => text), rewards: names.slice(from, from + AT_ONCE), seed };
    const { data } = await winnow.post('/v1/score', asked, scoreAnswer, signal);
    for (const [place, { scores: byName }] of data.entries())
      for (const name of asked.rewards) scores[place]![name] = byName[name]?.ok ? byName[name].value : null;
  }
  const confident: SetLine['confident'] = {};
  if (problem.task === 'chains') {
    for (const measure of CONFIDENCE) {
      const selection = { rule: 'confidence', measure, window: WINDOW };
      confident[measure] = (await bestOfN({ n: N, selection, sampling: { seed } })).choice.index; // the same seed: the same candidates
    }
  }
  return {
    id: problem.id,
    greedy: writtenOf(greedy.candidates![0]!),
    candidates: candidates.map((one, place) => ({ ...writtenOf(one), scores: scores[place]! })),
    confident,
  };
}
