/** Accuracy against tokens of the best searches beside best-of-N, one panel a set. Readable on a light and on a dark page. */
import type { Line } from '../accuracy/panel.ts';
import { pictureOf, SHARED_COLOURS } from '../accuracy/panels.ts';
import type { SetReport } from './report.ts';

const SHOWN = 5;

export function picture(reports: readonly SetReport[]): string {
  const names = bestOf(reports, SHOWN);
  return pictureOf({
    title: 'Accuracy of searches against policy tokens a problem',
    caption: `Held-out problems solved, with 95 % intervals: best-of-N and the ${SHOWN} best searches.`,
    panels: reports.map((one) => ({ title: `${one.title} (${one.problems})`, lines: linesOf(one, names) })),
    colours: COLOURS,
    dashes: '.line.oracle{stroke-dasharray:6 4}',
  });
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

/** On a light and on a dark page; the searches by their places. */
const COLOURS = {
  ...SHARED_COLOURS,
  s0: ['#cf4a00', '#ff8b4a'],
  s1: ['#1a7f37', '#3fb950'],
  s2: ['#8250df', '#b083ff'],
  s3: ['#9a6700', '#d29922'],
  s4: ['#0f7b8a', '#39c5d6'],
} as const;
