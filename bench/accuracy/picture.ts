/** The report as a picture: one panel a set of like problems. Readable on a light and on a dark page. */
import { picture as drawn, text } from '../../src/drawing/svg.ts';
import type { Method } from './curves.ts';
import { type Line, PANEL, type Panel, panel } from './panel.ts';
import type { SetReport } from './report.ts';

const COLUMNS = 2;
const HEAD = 34;

/** Sets that hold others are left out: what they show stands in their parts. */
export function picture(reports: readonly SetReport[]): string {
  const panels = reports.filter(({ title }) => !title.startsWith('All ')).map(panelOf);
  const width = PANEL.width * Math.min(COLUMNS, panels.length);
  const height = HEAD + PANEL.height * Math.ceil(panels.length / COLUMNS);
  return drawn(
    { width, height, title: 'Accuracy against policy tokens a problem', style: STYLE },
    text({ x: 46, y: 26, class: 'tick' }, caption(reports)),
    ...panels.map((one, place) => panel(one, PANEL.width * (place % COLUMNS), HEAD + PANEL.height * Math.floor(place / COLUMNS))),
  );
}

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

const LIGHT = {
  page: '#ffffff',
  ink: '#1f2328',
  quiet: '#59636e',
  grid: '#d1d9e0',
  oracle: '#818b98',
  outcome: '#0969da',
  process: '#1a7f37',
  majority: '#9a6700',
  'weighted-outcome': '#bf3989',
  greedy: '#1f2328',
  beam_search: '#cf4a00',
  wide_beam: '#a8651f',
  first_wrong_step: '#8250df',
};
const DARK: typeof LIGHT = {
  page: '#0d1117',
  ink: '#f0f6fc',
  quiet: '#9198a1',
  grid: '#2a3038',
  oracle: '#818b98',
  outcome: '#4c9bff',
  process: '#3fb950',
  majority: '#d29922',
  'weighted-outcome': '#f778ba',
  greedy: '#f0f6fc',
  beam_search: '#ff8b4a',
  wide_beam: '#e0b070',
  first_wrong_step: '#b083ff',
};

/** No variables: not every renderer of SVG knows them. */
function colours({ page, ink, quiet, grid, ...lines }: typeof LIGHT): string {
  const each = Object.entries(lines).map(
    ([style, colour]) =>
      `.line.${style},.bar.${style},.leader.${style}{stroke:${colour}}.band.${style},.dot.${style},.label.${style}{fill:${colour}}`,
  );
  return `.page{fill:${page}}.title{fill:${ink}}.tick{fill:${quiet}}.grid{stroke:${grid}}.inside{stroke:${page}}${each.join('')}`;
}

const STYLE = `
.title{font-size:14px;font-weight:600}.tick{font-size:11px}.label{font-size:12px}
.inside{stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.grid{stroke-width:1px}.line,.bar,.leader,.grid{fill:none}.line{stroke-width:2px;stroke-linejoin:round}
.line.oracle{stroke-dasharray:6 4}.line.greedy{stroke-dasharray:2 3;stroke-width:1.5px}.line.beam_search{stroke-width:2.6px}
.bar{stroke-width:1.4px}.leader{stroke-width:1px;opacity:.6}.band{opacity:.13;stroke:none}
${colours(LIGHT)}
@media (prefers-color-scheme:dark){${colours(DARK)}}
`;
