/**
 * `npm run bench:search`: accuracy of every search against tokens, on held-out problems, through the HTTP API.
 *
 *     node bench/search/run.ts [--quick] [--only puzzles|chains] [--problems K] [--strategies A,B] [--budgets 4,16,64] [--remedies] [--cached]
 *
 * It goes on where it was: every answer is a line in .cache. The whole run writes docs/search-accuracy.md and .svg, and so does
 * --cached, which measures nothing: of what was asked it tells what is there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, onInterrupt } from '../../bin/command.ts';
import { readSettings, root } from '../../bin/settings.ts';
import { mean } from '../../src/selection/statistics.ts';
import { bestOfNCurves, type Sampled, voteCurves } from '../accuracy/curves.ts';
import { type Problem, PUZZLE_TOKENS, readProblems, readTask, TASKS, type Task } from '../accuracy/problems.ts';
import { Progress } from '../accuracy/progress.ts';
import { connect, type Winnow } from '../accuracy/winnow.ts';
import { readCount, readCounts, readNames, readOptions } from '../options.ts';
import { type Contestant, contestants, remedies } from './lineup.ts';
import { type Asked, isMeasured, runsOf, type Setting, samplesOf } from './measure.ts';
import { page } from './page.ts';
import { bestOf, picture } from './picture.ts';
import { type Ran, report, type SetReport } from './report.ts';
import { rowsPerStep } from './rows.ts';

const CACHE = join(import.meta.dirname, '.cache');
const SAMPLES = 64;
const BUDGETS = [4, 16, 64];
const MORE_BUDGETS = [8, 32]; // for the best five
const REMEDY_BUDGETS = [16];
const ROWS_PROBLEMS = 10;
const ROWS_ANSWERS = 16;

await command(async () => {
  const plan = readPlan();
  const signal = onInterrupt();
  const winnow = await connect(process.env, signal);
  const progress = new Progress();
  const setting: Setting = { winnow, folder: join(CACHE, winnow.identity), signal, progress: progress.show };
  try {
    const reports: SetReport[] = [];
    const odd = new Set<string>();
    for (const task of plan.tasks) {
      const problems = readProblems(task, plan.problems);
      const { report: found, odd: doubts } = await measureTask(task, problems, plan, setting);
      reports.push(found);
      for (const doubt of doubts) odd.add(doubt);
    }
    for (const doubt of odd) console.error(`odd: ${doubt}`);
    const rows = await rowsOf(plan.strategies, winnow, signal);
    const text = page(reports, { identity: winnow.identity, asked: plan.asked, odd: odd.size, rows });
    if (plan.whole) {
      writeFileSync(join(root, 'docs/search-accuracy.md'), text);
      writeFileSync(join(root, 'docs/search-accuracy.svg'), picture(reports));
    }
    console.log(text);
  } finally {
    await winnow.stop();
  }
});

async function measureTask(task: Task, problems: readonly Problem[], plan: Plan, setting: Setting) {
  const { policies } = readSettings(process.env).config;
  const lines = await samplesOf(problems, SAMPLES, setting);
  const sampled = lines.map((line, place): Sampled => ({ problem: problems[place]!, line }));
  const worth = worthOf(sampled);
  const run = async (taking: readonly Contestant[], budgetsOf: (contestant: Contestant) => readonly number[]): Promise<Ran[]> => {
    const ran: Ran[] = [];
    for (const contestant of taking)
      for (const answers of budgetsOf(contestant)) {
        if (plan.cached && !isMeasured(problems, { contestant, answers, worth }, setting)) continue;
        const found = await runsOf(problems, { contestant, answers, worth }, setting);
        ran.push({ name: contestant.name, answers, lines: found });
      }
    return ran;
  };
  const answer = policies[task]?.answer;
  const curves = [...bestOfNCurves(sampled), ...(answer ? voteCurves(sampled, answer, setting.winnow.outputs) : [])];
  const title = task === 'puzzles' ? 'Puzzles' : 'Chains';
  const strategies = await run(plan.strategies, () => plan.budgets);
  if (plan.whole && !plan.cached) {
    const best = bestOf([report(title, sampled, curves, { strategies, remedies: [] })], 5);
    const five = plan.strategies.filter(({ name }) => best.includes(name));
    strategies.push(...(await run(five, () => MORE_BUDGETS)));
  }
  const remedies = await run(plan.remedies, ({ budgets = REMEDY_BUDGETS }) => plan.remedyBudgets ?? budgets);
  const order = plan.strategies.map(({ name }) => name);
  strategies.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.answers - b.answers);
  const odd = [...lines, ...strategies.flatMap((one) => one.lines), ...remedies.flatMap((one) => one.lines)].flatMap(
    (line) => line.odd,
  );
  return { report: report(title, sampled, curves, { strategies, remedies }), odd };
}

/** Tokens of one plain sample, mean over problems of like difficulty. */
function worthOf(sampled: readonly Sampled[]): Map<string, number> {
  const tokens = ({ line }: Sampled): number[] => line.samples.map((sample) => sample.tokens);
  const groups = Map.groupBy(sampled, ({ problem }) => problem.group);
  return new Map([...groups].map(([group, members]) => [group, mean(members.flatMap(tokens))]));
}

async function rowsOf(taking: readonly Contestant[], winnow: Winnow, signal: AbortSignal) {
  if (!winnow.backendUrl) return [];
  const problems = readProblems('puzzles', ROWS_PROBLEMS);
  const worth = new Map(problems.map(({ group }) => [group, PUZZLE_TOKENS]));
  const found = [];
  for (const contestant of taking) {
    const asked: Asked = { contestant, answers: ROWS_ANSWERS, worth, options: contestant.options(ROWS_ANSWERS) };
    found.push(await rowsPerStep(problems, asked, winnow, winnow.backendUrl, signal));
  }
  return found;
}

interface Plan {
  readonly tasks: readonly Task[];
  readonly problems: number;
  readonly strategies: readonly Contestant[];
  readonly remedies: readonly Contestant[];
  /** Of the strategies. */
  readonly budgets: readonly number[];
  /** Each remedy's own where absent. */
  readonly remedyBudgets?: readonly number[] | undefined;
  /** Nothing is measured that is not there. */
  readonly cached: boolean;
  /** The page and the picture are written. */
  readonly whole: boolean;
  /** As it was called. */
  readonly asked: string;
}

function readPlan(): Plan {
  const {
    quick,
    only,
    problems,
    strategies,
    budgets,
    remedies: remediesAlone,
    cached,
  } = readOptions({
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    problems: { type: 'string' },
    strategies: { type: 'string' },
    budgets: { type: 'string' },
    remedies: { type: 'boolean', default: false },
    cached: { type: 'boolean', default: false },
  });
  const everything = [strategies, only, budgets].every((value) => value === undefined) && !quick && !remediesAlone;
  const whole = cached || everything;
  const all = [...(remediesAlone ? [] : contestants), ...(remediesAlone || whole ? remedies : [])];
  const named = readNames('--strategies', strategies, all);
  const asked = budgets === undefined ? undefined : readCounts('--budgets', budgets);
  const kept = cached ? [...BUDGETS, ...MORE_BUDGETS] : undefined;
  const words = process.argv.slice(2).join(' ');
  return {
    tasks: only === undefined ? TASKS : [readTask(only)],
    problems: problems === undefined ? (quick ? 30 : 300) : readCount('--problems', problems),
    strategies: named.filter((one) => contestants.includes(one)),
    remedies: named.filter((one) => remedies.includes(one)),
    budgets: asked ?? kept ?? (quick ? [4, 16] : BUDGETS),
    remedyBudgets: asked ?? kept,
    cached,
    whole,
    asked: words === '' ? '' : ` -- ${words}`,
  };
}
