/** The report as a picture: one panel a set of like problems. Readable on a light and on a dark page. */
import type { Method } from './curves.ts';
import type { Line, Panel } from './panel.ts';
import { pictureOf, SHARED_COLOURS } from './panels.ts';
import { holdsOthers } from './problems.ts';
import type { SetReport } from './report.ts';

/** Sets that hold others are left out: what they show stands in their parts. */
export const picture = (reports: readonly SetReport[]): string =>
  pictureOf({
    title: 'Accuracy against policy tokens a problem',
    caption: caption(reports),
    panels: reports.filter(({ title }) => !holdsOthers(title)).map(panelOf),
    colours: COLOURS,
    dashes:
      '.line.oracle{stroke-dasharray:6 4}.line.greedy{stroke-dasharray:2 3;stroke-width:1.5px}.line.beam_search{stroke-width:2.6px}',
  });

function caption(reports: readonly SetReport[]): string {
  const samples = Math.max(...reports.map((one) => one.samples));
  const budgets = reports.flatMap(({ searches }) => searches.map(({ n }) => n));
  return `Held-out problems solved, with 95 % intervals. From left to right: N = 1 to ${samples}, budgets ${Math.min(...budgets)} to ${Math.max(...budgets)}.`;
}

function panelOf({ title, problems, greedy, curves, searches }: SetReport): Panel {
  const strategies = Array.from(new Map(searches.map(({ search }) => [search.name, search])).values());
  return {
    title: `${title} (${problems})`,
    lines: [
      ...curves.flatMap(({ method, points }): Line[] => {
        const label = LABELS[method];
        return label ? [{ label, style: method.replace(' ', '-'), kind: 'curve', marks: points }] : [];
      }),
      { label: 'greedy', style: 'greedy', kind: 'level', marks: [greedy] },
      ...strategies.map(({ name, title }): Line => {
        const marks = searches.filter(({ search }) => search.name === name);
        return { label: title, style: name, kind: 'runs', marks };
      }),
    ],
  };
}

/** What is drawn; the weighted vote by process is left to the table. */
const LABELS: Readonly<Partial<Record<Method, string>>> = {
  oracle: 'one of N right (oracle)',
  outcome: 'best-of-N, outcome',
  process: 'best-of-N, process',
  majority: 'majority of N',
  'weighted outcome': 'weighted vote, outcome',
};

/** On a light and on a dark page. */
const COLOURS = {
  ...SHARED_COLOURS,
  process: ['#1a7f37', '#3fb950'],
  majority: ['#9a6700', '#d29922'],
  greedy: ['#1f2328', '#f0f6fc'],
  beam_search: ['#cf4a00', '#ff8b4a'],
  wide_beam: ['#a8651f', '#e0b070'],
  first_wrong_step: ['#8250df', '#b083ff'],
} as const;
