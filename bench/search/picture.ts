/** Accuracy against tokens of the best searches beside best-of-N, one panel a set. Readable on a light and on a dark page. */

import { picture as drawn, text } from '../../src/drawing/svg.ts';
import { type Line, PANEL, panel } from '../accuracy/panel.ts';
import type { SetReport } from './report.ts';

const COLUMNS = 2;
const HEAD = 34;
const SHOWN = 5;

export function picture(reports: readonly SetReport[]): string {
  const names = bestOf(reports, SHOWN);
  const width = PANEL.width * Math.min(COLUMNS, reports.length);
  const height = HEAD + PANEL.height * Math.ceil(reports.length / COLUMNS);
  return drawn(
    { width, height, title: 'Accuracy of searches against policy tokens a problem', style: STYLE },
    text(
      { x: 46, y: 26, class: 'tick' },
      `Held-out problems solved, with 95 % intervals: best-of-N and the ${SHOWN} best searches.`,
    ),
    ...reports.map((one, place) =>
      panel(
        { title: `${one.title} (${one.problems})`, lines: linesOf(one, names) },
        PANEL.width * (place % COLUMNS),
        HEAD + PANEL.height * Math.floor(place / COLUMNS),
      ),
    ),
  );
}

/** Those with the highest mean accuracy over sets and budgets. */
export function bestOf(reports: readonly SetReport[], count: number): string[] {
  const figures = reports.flatMap((one) => one.figures);
  const names = [...new Set(figures.map(({ name }) => name))];
  const worth = (name: string): number => {
    const own = figures.filter((figure) => figure.name === name);
    return own.reduce((sum, { accuracy }) => sum + accuracy.value, 0) / own.length;
  };
  return names.toSorted((a, b) => worth(b) - worth(a)).slice(0, count);
}

function linesOf({ curves, figures }: SetReport, names: readonly string[]): Line[] {
  const drawn = curves.filter(({ method }) => method in LABELS);
  return [
    ...drawn.map(({ method, points }): Line => {
      return { label: LABELS[method]!, style: method.replace(' ', '-'), kind: 'curve', marks: points };
    }),
    ...names.map((name, place): Line => {
      const marks = figures.filter((figure) => figure.name === name).toSorted((a, b) => a.tokens - b.tokens);
      return { label: name, style: `s${place}`, kind: 'runs', marks };
    }),
  ];
}

const LABELS: Readonly<Record<string, string>> = {
  oracle: 'one of N right (oracle)',
  outcome: 'best-of-N, outcome',
  'weighted outcome': 'weighted vote',
};

const LIGHT = ['#818b98', '#0969da', '#bf3989', '#cf4a00', '#1a7f37', '#8250df', '#9a6700', '#0f7b8a'];
const DARK = ['#818b98', '#4c9bff', '#f778ba', '#ff8b4a', '#3fb950', '#b083ff', '#d29922', '#39c5d6'];
const STYLES = ['oracle', 'outcome', 'weighted-outcome', 's0', 's1', 's2', 's3', 's4'];

/** No variables: not every renderer of SVG knows them. */
function colours(page: string, ink: string, quiet: string, grid: string, lines: readonly string[]): string {
  const each = STYLES.map(
    (style, place) =>
      `.line.${style},.bar.${style},.leader.${style}{stroke:${lines[place]}}.band.${style},.dot.${style},.label.${style}{fill:${lines[place]}}`,
  );
  return `.page{fill:${page}}.title{fill:${ink}}.tick{fill:${quiet}}.grid{stroke:${grid}}.inside{stroke:${page}}${each.join('')}`;
}

const STYLE = `
.title{font-size:14px;font-weight:600}.tick{font-size:11px}.label{font-size:12px}
.inside{stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.grid{stroke-width:1px}.line,.bar,.leader,.grid{fill:none}.line{stroke-width:2px;stroke-linejoin:round}
.line.oracle{stroke-dasharray:6 4}.bar{stroke-width:1.4px}.leader{stroke-width:1px;opacity:.6}.band{opacity:.13;stroke:none}
${colours('#ffffff', '#1f2328', '#59636e', '#d1d9e0', LIGHT)}
@media (prefers-color-scheme:dark){${colours('#0d1117', '#f0f6fc', '#9198a1', '#2a3038', DARK)}}
`;
