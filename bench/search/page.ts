/** The report as a page of markdown. */
import { percent, points, table, tokens } from '../accuracy/cells.ts';
import type { Figure, SetReport } from './report.ts';
import type { RowsPerStep } from './rows.ts';

export interface About {
  readonly identity: string;
  readonly asked: string;
  /** Accounts that did not add up. */
  readonly odd: number;
  readonly rows: readonly RowsPerStep[];
}

export const page = (reports: readonly SetReport[], about: About): string =>
  [
    '# Searches: accuracy against tokens',
    '![Accuracy against mean tokens a problem, for the best searches and best-of-N](search-accuracy.svg)',
    measured(reports, about),
    '## Is best-of-64 reached with a quarter of its tokens?',
    ...reports.map(goal),
    ...reports.flatMap(set),
    ...reports.flatMap(tried),
    '## Rows in each step of the engine',
    'One request at a time, so that rows are those of the search itself: tokens written by each step of the policy, mean.',
    table(['strategy', 'rows a step', 'calls to the backend a problem'], about.rows.map(rowOf)),
    '## What would make this wrong',
    WRONG,
  ]
    .join('\n\n')
    .concat('\n');

const measured = (reports: readonly SetReport[], { identity, asked, odd }: About): string =>
  `\`npm run bench:search${asked}\` starts Winnow and asks it over HTTP, as shipped, for held-out problems of \`bench/problems\`
(${reports.map(({ title, problems, worth }) => `${title.toLowerCase()}: ${problems}, one plain sample ${tokens(worth)} tokens`).join('; ')}).
Each strategy has the width that its own integer budget means, its defaults otherwise, and a hard limit of so many answers' worth of
tokens: that many times the mean tokens of one plain sample of the set. It ranks prefixes by the reward \`process\`; the answer is chosen as
the API does by default, by \`outcome\`. Best-of-N and votes are expectations over one kept set of 64 samples a problem. Percentages
with 95 % intervals (Wilson for runs, a seeded bootstrap for expectations and differences); tokens and what rewards read are means a
problem. Models: ${identity}. Accounts that did not add up: ${odd}.`;

function goal({ title, goal: { accuracy, tokens: spent, reachedBy } }: SetReport): string {
  const reached =
    reachedBy.length === 0
      ? 'Nobody reaches it with a quarter of them.'
      : `Reached with a quarter or less by ${reachedBy.map(({ name, answers, accuracy: own, tokens: used }) => `\`${name}\` at ${answers} (${percent(own)}, ${tokens(used)} tokens)`).join(', ')}.`;
  return `**${title}**: best-of-64 by \`outcome\` has ${percent(accuracy)} for ${tokens(spent)} tokens. ${reached}`;
}

function set({ title, problems, curves, figures }: SetReport): string[] {
  const budgets = [...new Set(figures.map(({ answers }) => answers))].toSorted((a, b) => a - b);
  const names = [...new Set(figures.map(({ name }) => name))];
  const at = (name: string, answers: number) => figures.find((one) => one.name === name && one.answers === answers);
  const cell = (figure: Figure | undefined): string => (figure ? percent(figure.accuracy) : '');
  const samples = curves[0]?.points.map(({ n }) => n) ?? [];
  return [
    `## ${title} (${problems})`,
    table(
      ['from samples', ...samples.map((n) => `N = ${n}`)],
      curves.map(({ method, points: own }) => [method, ...own.map(({ accuracy }) => percent(accuracy))]),
    ),
    table(
      ['strategy', ...budgets.map((answers) => `${answers} answers`)],
      names.map((name) => [`\`${name}\``, ...budgets.map((answers) => cell(at(name, answers)))]),
    ),
    table(
      ['strategy', 'answers', 'tokens', 'rewards read', 'less best-of-N at its tokens'],
      figures.map(({ name, answers, tokens: spent, rewardTokens, lessBestOfN }) => [
        `\`${name}\``,
        String(answers),
        tokens(spent),
        tokens(rewardTokens),
        lessBestOfN ? points(lessBestOfN) : '',
      ]),
    ),
  ];
}

/** What might make a search worth more for its tokens, beside plain samples that end alike. */
function tried({ title, remedies, endings }: SetReport): string[] {
  if (remedies.length === 0) return [];
  return [
    `## What might make more of the tokens (${title.toLowerCase()})`,
    'Hotter steps, other reductions of the step scores, other shapes, both rewards at the end, and searches that end when a completed' +
      ' answer is good enough (`accept`, a value of the process reward).',
    table(
      ['', 'answers', 'accuracy', 'tokens', 'rewards read', 'less best-of-N at its tokens'],
      remedies.map(({ name, answers, accuracy, tokens: spent, rewardTokens, lessBestOfN }) => [
        name,
        String(answers),
        percent(accuracy),
        tokens(spent),
        tokens(rewardTokens),
        lessBestOfN ? points(lessBestOfN) : '',
      ]),
    ),
    `Plain samples that are drawn one after another, at most 64, and end alike (an expectation over the kept ones): ${endings
      .map(({ accept, accuracy, tokens: spent }) => `at ${accept} ${percent(accuracy)} for ${tokens(spent)} tokens`)
      .join(', ')}.`,
  ];
}

const rowOf = ({ name, rows, calls }: RowsPerStep): string[] => [`\`${name}\``, rows.toFixed(1), calls.toFixed(1)];

const WRONG = `- Other weights, prompts or step rewards: the figures are of these small models. A process reward that is right more often at partial
  steps makes every search better, and a worse one makes them worse than best-of-N.
- One seed a run: intervals hold for the draw of problems.
- Equal tokens are equal tokens of the policy. What rewards read stands beside them.
- Of twenty comparisons one lies outside of its own interval by chance.`;
