/** The report as a page of markdown: differences first, then every figure, then what would make them wrong. */

import { percent, points, table, tokens } from './cells.ts';
import type { Method } from './curves.ts';
import type { Interval } from './intervals.ts';
import type { Plan } from './measure.ts';
import type { SearchReport, SetReport } from './report.ts';
import { ANSWERS_WORTH, TIGHT_N } from './tight.ts';

export interface About {
  readonly plan: Plan;
  readonly identity: string;
  /** Tokens below which no candidate is started: what a tight budget may leave. */
  readonly minUseful: number;
  /** Accounts that did not add up. */
  readonly odd: number;
}

export const page = (reports: readonly SetReport[], about: About): string =>
  [
    '# Accuracy against tokens',
    '![Accuracy against mean tokens a problem, for each set and method](accuracy.svg)',
    'Percentages and differences in percentage points, with 95 % intervals. Tokens are what the policy sampled a problem, mean.',
    '## Differences',
    differences(reports),
    '## What was measured',
    measured(reports, about),
    ...reports.flatMap(set),
    '## A tight budget',
    `Best-of-${TIGHT_N} with \`max_tokens\` at ${ANSWERS_WORTH} answers' worth: ${ANSWERS_WORTH} times the mean tokens of one sample on that set, rounded.`,
    tightTable(reports, about),
    '## What would make this wrong',
    WRONG,
  ]
    .join('\n\n')
    .concat('\n');

/** One column a set: what the choice gains, then what the search gains for the same tokens. */
function differences(reports: readonly SetReport[]): string {
  const rows = new Map<string, Map<string, Interval>>();
  const put = (row: string, { title }: SetReport, difference: Interval) =>
    rows.set(row, (rows.get(row) ?? new Map<string, Interval>()).set(title, difference));
  for (const report of reports) {
    for (const { title, difference } of report.gains) put(title, report, difference);
    for (const { search, n, against } of report.searches.filter(({ n }) => n === headline(report)))
      for (const { method, comparison } of against.filter(({ method }) => READS.has(method)))
        if (comparison.interpolated)
          put(`${search.title} at budget ${n} less ${NAMES[method]} for the same tokens`, report, comparison.interpolated);
  }
  return table(
    ['points', ...reports.map(({ title }) => title)],
    Array.from(rows, ([row, cells]) => [row, ...reports.map(({ title }) => cellOf(cells.get(title), points))]),
  );
}

/** The budget that the first table shows: 16, or the largest below it. */
const headline = ({ searches }: SetReport): number => Math.max(...searches.map(({ n }) => n).filter((n) => n <= 16));

const measured = (reports: readonly SetReport[], { plan, identity, odd }: About): string =>
  `\`npm run bench:accuracy\` starts Winnow and asks it over HTTP, as shipped: the embedded policy at temperature 1, its outcome and
process rewards, the held-out problems of \`bench/problems\` (${reports.map(({ title, problems }) => `${title.toLowerCase()}: ${problems}`).join('; ')}).
A problem is sampled greedily once and ${plan.samples} times with seeds; best-of-N and votes of every N are expectations over those
samples (order statistics; votes over seeded subsets), so a lower N has no more luck than a higher one. Beam search and
critique-refine run for themselves with integer budgets ${plan.widths.join(', ')}; "last choice by process" is the best of a beam search's own
ends by the process reward, where the API chose by its default. Right is what \`bench/checker.ts\` says, a rule. Single runs have Wilson
intervals, expectations and differences a seeded bootstrap over problems. Reward tokens: prompt and text of every different text
that was scored. Models: ${identity}. Accounts that did not add up: ${odd}.`;

function set({ title, problems, greedy, curves, searches }: SetReport): string[] {
  const ns = curves[0]?.points.map(({ n }) => n) ?? [];
  const rows = ns.map((n, row) => [
    String(n),
    tokens(curves[0]!.points[row]!.tokens),
    ...curves.flatMap(({ method, points }) => [
      percent(points[row]!.accuracy),
      ...(READS.has(method) ? [tokens(points[row]!.rewardTokens)] : []),
    ]),
  ]);
  const heads = curves.flatMap(({ method }) => [NAMES[method], ...(READS.has(method) ? ['reads'] : [])]);
  return [
    `## ${title} (${problems})`,
    `Greedy: ${percent(greedy.accuracy)} for ${tokens(greedy.tokens)} tokens. One sample is the row N = 1.`,
    table(['N', 'tokens', ...heads], rows),
    searchTable(searches),
    comparisonTable(searches),
  ];
}

/** Rewards whose tokens have a column: a vote by the same reward reads the same. */
const READS: ReadonlySet<Method> = new Set(['outcome', 'process']);

const NAMES: Readonly<Record<Method, string>> = {
  oracle: 'one of N right',
  outcome: 'best-of-N by outcome',
  process: 'best-of-N by process',
  majority: 'majority of N',
  'weighted outcome': 'weighted vote by outcome',
  'weighted process': 'weighted vote by process',
};

const searchTable = (searches: readonly SearchReport[]): string =>
  table(
    ['method', 'budget', 'right', 'last choice by process', 'tokens', 'rewards read'],
    searches.map(({ search, n, accuracy, byProcess, tokens: sampled, rewardTokens }) => [
      search.title,
      String(n),
      percent(accuracy),
      cellOf(byProcess, percent),
      tokens(sampled),
      tokens(rewardTokens),
    ]),
  );

/** Each search against what the same tokens buy as samples. */
const comparisonTable = (searches: readonly SearchReport[]): string =>
  table(
    ['method', 'budget', 'less', 'N for the same tokens', 'points', 'N that takes as many or more', 'points'],
    searches.flatMap(({ search, n, against }) =>
      against.map(({ method, comparison: { samples, interpolated, paired } }) => [
        search.title,
        String(n),
        NAMES[method],
        samples.toFixed(1),
        cellOf(interpolated, points),
        cellOf(paired, ({ n }) => String(n)),
        cellOf(paired, points),
      ]),
    ),
  );

/** Empty where nothing was measured. */
const cellOf = <Value>(value: Value | undefined, shown: (value: Value) => string): string =>
  value === undefined ? '' : shown(value);

const tightTable = (reports: readonly SetReport[], { minUseful }: About): string =>
  table(
    [
      '',
      'limit',
      'finish, mean',
      'fewest',
      'runs with one open',
      `most left then (less than ${minUseful})`,
      'over the limit',
      'right',
    ],
    reports.flatMap(({ title, problems, tight }) =>
      tight
        ? [
            [
              title,
              tokens(tight.limit),
              tight.finished.toFixed(2),
              String(tight.leastFinished),
              `${tight.open} of ${problems}`,
              String(tight.mostLeftWhileOpen),
              String(tight.overspent),
              percent(tight.accuracy),
            ],
          ]
        : [],
    ),
  );

const WRONG = `- Other weights, sampling settings or prompts: the figures are of these small models, and show what the methods gain, not what a
  large model would.
- One seed for the searches. Their intervals hold for the draw of problems, not for the draw of a seed, which a share over hundreds
  of problems nearly averages out.
- Equal tokens are equal tokens of the policy. What the rewards read is beside them; here a reward is as large as the policy, and
  it reads in one pass what the policy writes one by one.
- Intervals are of one figure each. Of twenty comparisons one lies outside of its own by chance.
- A checker that is too kind: it is tested with each kind of wrong solution in \`test/bench\`.`;
