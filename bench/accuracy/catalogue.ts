/**
 * `npm run bench:catalogue`: every selection rule with every reward at N = 16, on the held-out problems, over HTTP.
 *
 *     node bench/accuracy/catalogue.ts [--problems K]      K of each task, in place of all of them
 *
 * Writes docs/catalogue.md from 90 problems of each task on. What was sampled and scored is kept, and not asked again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, onInterrupt } from '../../bin/command.ts';
import { root } from '../../bin/settings.ts';
import { mean, sum } from '../../src/selection/statistics.ts';
import { withConfig } from '../config.ts';
import { readCount, readOptions } from '../options.ts';
import { collect } from './cache.ts';
import { catalogueConfig, rewardsOf } from './catalogue/config.ts';
import { type Picked, page, type SetOfWays } from './catalogue/page.ts';
import { confidentlyRight, pick, waysOf } from './catalogue/pick.ts';
import { measureSet, type SetLine, setLine } from './catalogue/sets.ts';
import { digest } from './digest.ts';
import { allOf, isRight, type Problem, readProblems, TASKS } from './problems.ts';
import { Progress } from './progress.ts';
import { connect, type Winnow } from './winnow.ts';

const CACHE = join(import.meta.dirname, '.cache');
const AT_ONCE = 8;
/** Of each task: below this a table says little, and is not kept. */
const WORTH_TELLING = 90;

await command(async () => {
  const { problems } = readOptions({ problems: { type: 'string' } });
  const limit = problems === undefined ? Number.POSITIVE_INFINITY : readCount('--problems', problems);
  const asked = problems === undefined ? '' : ` -- --problems ${problems}`;
  await withConfig(catalogueConfig(), (config) => measure(config, limit, asked));
});

async function measure(config: string, limit: number, asked: string): Promise<void> {
  const signal = onInterrupt();
  const progress = new Progress();
  const winnow = await connect({ ...process.env, WINNOW_CONFIG: config }, signal);
  try {
    const sets: SetOfWays[] = [];
    for (const task of TASKS) {
      const groups = Map.groupBy(readProblems(task, limit), ({ group }) => group);
      const measured: SetOfWays[] = [];
      for (const [title, problems] of groups) {
        const lines = await collect(problems, {
          path: join(CACHE, winnow.identity, `${task} catalogue ${digest(rewardsOf(task))}.jsonl`.replaceAll(' ', '-')),
          schema: setLine,
          measure: (problem, stop) => measureSet(winnow, problem, stop),
          signal,
          progress: (done, total) => progress.show(`${title}, samples and scores`, done, total),
        });
        measured.push(await pickAll(winnow, title, problems, lines, progress, signal));
      }
      sets.push(...(measured.length > 1 ? [together(allOf(task), measured)] : measured));
    }
    const text = page(sets, { identity: winnow.identity, asked });
    if (limit >= WORTH_TELLING) writeFileSync(join(root, 'docs/catalogue.md'), text);
    console.log(text);
  } finally {
    await winnow.stop();
  }
}

async function pickAll(
  winnow: Winnow,
  title: string,
  problems: readonly Problem[],
  lines: readonly SetLine[],
  progress: Progress,
  signal: AbortSignal,
): Promise<SetOfWays> {
  const ways = waysOf(problems[0]!.task, winnow.outputs);
  const rows: number[][] = [];
  const next = problems.keys();
  const worker = async () => {
    for (const place of next) {
      const row: number[] = [];
      for (const way of ways) row.push(await pick(winnow, problems[place]!, lines[place]!, way, signal));
      rows[place] = row;
      progress.show(`${title}, ${ways.length} ways to pick`, Object.keys(rows).length, problems.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const picked = ways.map(({ rule, reward }, way): Picked => ({ rule, reward, right: rows.map((row) => row[way]!) }));
  return {
    title,
    problems: problems.length,
    greedy: lines.map(({ greedy }, place) => Number(isRight(problems[place]!, greedy))),
    sample: lines.map((line, place) => mean(rightOf(problems[place]!, line))),
    oracle: lines.map((line, place) => Math.max(...rightOf(problems[place]!, line))),
    picked: [...picked, ...confident(problems, lines)],
  };
}

function rightOf(problem: Problem, { candidates }: SetLine): number[] {
  return candidates.map((one) => Number(isRight(problem, one)));
}

function confident(problems: readonly Problem[], lines: readonly SetLine[]): Picked[] {
  const each = lines.map((line, place) => confidentlyRight(problems[place]!, line));
  return (each[0] ?? []).map(({ measure }, place) => ({
    rule: `confidence, ${measure}`,
    reward: null,
    right: each.map((measures) => measures[place]!.right),
  }));
}

/** Sets of like problems as one. */
function together(title: string, sets: readonly SetOfWays[]): SetOfWays {
  return {
    title,
    problems: sum(sets.map(({ problems }) => problems)),
    greedy: sets.flatMap(({ greedy }) => greedy),
    sample: sets.flatMap(({ sample }) => sample),
    oracle: sets.flatMap(({ oracle }) => oracle),
    picked: sets[0]!.picked.map((one, place) => ({ ...one, right: sets.flatMap(({ picked }) => picked[place]!.right) })),
  };
}
