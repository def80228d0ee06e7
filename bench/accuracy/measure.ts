/** Measures every set through the API, from the cache where it can. */
import { join } from 'node:path';
import type { Config } from '../../schemas/config.ts';
import { mean } from '../../src/selection/statistics.ts';
import { collect, type Work } from './cache.ts';
import { bestOfNCurves, type Sampled, voteCurves } from './curves.ts';
import { digest } from './digest.ts';
import { allOf, type Problem, readProblems, type Task } from './problems.ts';
import type { Measured } from './report.ts';
import { measureSamples, sampleLine } from './samples.ts';
import { measureSearch, SEARCHES, searchLine } from './searches.ts';
import { ANSWERS_WORTH, measureTight, type TightLine, tightLine } from './tight.ts';
import type { Winnow } from './winnow.ts';

export interface Plan {
  readonly tasks: readonly Task[];
  /** Of each task at most. */
  readonly problems: number;
  readonly samples: number;
  /** Integer budgets of the searches. */
  readonly widths: readonly number[];
}

export interface Setting {
  readonly winnow: Winnow;
  /** Of the cache; those of other weights lie beside it. */
  readonly folder: string;
  /** Of the Winnow that is asked: each task is a policy. */
  readonly policies: Config['policies'];
  readonly signal: AbortSignal;
  readonly progress: (what: string, done: number, total: number) => void;
}

/** @returns the sets of like problems, and all of a task where it has several */
export async function measure(plan: Plan, setting: Setting): Promise<Measured[]> {
  const sets: Measured[] = [];
  for (const task of plan.tasks) {
    const groups = Map.groupBy(readProblems(task, plan.problems), ({ group }) => group);
    const measured: Measured[] = [];
    for (const [title, problems] of groups) measured.push(await measureSet(title, problems, plan, setting));
    sets.push(...measured, ...(measured.length > 1 ? [together(allOf(task), measured)] : []));
  }
  return sets;
}

async function measureSet(title: string, problems: readonly Problem[], plan: Plan, setting: Setting): Promise<Measured> {
  const { winnow } = setting;
  const { task } = problems[0]!; // a group has at least one problem
  const policy = setting.policies[task]!; // run.ts has looked
  const collected = <Line extends { readonly id: string }>(
    name: string,
    depends: unknown,
    { schema, measure }: Pick<Work<Problem, Line>, 'schema' | 'measure'>,
  ) =>
    collect(problems, {
      path: join(setting.folder, `${task} ${name} ${digest(depends)}.jsonl`.replaceAll(' ', '-')),
      schema,
      measure,
      signal: setting.signal,
      progress: (done, total) => setting.progress(`${title}, ${name}`, done, total),
    });

  const lines = await collected(`samples ${plan.samples}`, policy.sampling, {
    schema: sampleLine,
    measure: (problem, signal) => measureSamples(winnow, problem, plan.samples, signal),
  });
  const sampled = lines.map((line, place): Sampled => ({ problem: problems[place]!, line }));
  const searches: Measured['searches'][number][] = [];
  for (const search of SEARCHES) {
    for (const width of plan.widths) {
      const found = await collected(`${search.name} ${width}`, policy, {
        schema: searchLine,
        measure: (problem, signal) => measureSearch(winnow, problem, { ...search, width }, signal),
      });
      searches.push({ search, width, lines: found });
    }
  }
  const limit = Math.round(ANSWERS_WORTH * mean(lines.flatMap(({ samples }) => samples.map(({ tokens }) => tokens))));
  const tight: TightLine[] = await collected(`tight ${limit}`, policy, {
    schema: tightLine,
    measure: (problem, signal) => measureTight(winnow, problem, limit, signal),
  });
  const votes = policy.answer ? voteCurves(sampled, policy.answer, winnow.outputs) : [];
  return { title, sampled, curves: [...bestOfNCurves(sampled), ...votes], searches, tight };
}

/** Several sets as one. */
function together(title: string, sets: readonly Measured[]): Measured {
  const sampled = sets.flatMap((set) => set.sampled);
  return {
    title,
    sampled,
    curves: bestOfNCurves(sampled),
    searches: sets[0]!.searches.map(({ search, width }, place) => ({
      search,
      width,
      lines: sets.flatMap(({ searches }) => searches[place]!.lines),
    })),
    tight: sets.flatMap(({ tight }) => tight),
  };
}
