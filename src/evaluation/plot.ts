/**
 * The curves of a report as a picture: one panel a reward, gold and score of best-of-N with their bands, beside pass@N and the
 * majority. Each line differs in dashes as well as in colour, all figures stand in the description, and it is readable on a
 * light and on a dark page.
 */
import type { EvaluationReport } from '../../schemas/evaluation.ts';
import { panelPicture, styleSheet } from '../drawing/panels.ts';
import { type Line, PANEL, panel } from './plot-panel.ts';

const MOST_PANELS = 8;

export function plot(report: EvaluationReport): string {
  const names = Object.keys(report.rewards).slice(0, MOST_PANELS);
  return panelPicture({
    title: 'Gold and score of best-of-N by number of samples',
    description: described(report, names),
    style: STYLE,
    caption: caption(report),
    left: 16,
    head: 40,
    panels:
      names.length === 0 ? [{ title: 'No reward', lines: shared(report), optimum: null }] : names.map((name) => of(name, report)),
    size: PANEL,
    draw: panel,
  });
}

const percent = (confidence: number): string => `${Math.round(1000 * confidence) / 10} %`;

const caption = ({ rows, reporting }: EvaluationReport): string =>
  `${rows.used} problems; bands: ${percent(reporting.interval.confidence)} of ${reporting.interval.resamples} bootstraps over problems. Score on the right axis.`;

function shared({ pass, majority }: EvaluationReport): Line[] {
  const points = (curve: EvaluationReport['pass']) => curve.map(({ n, gold }) => ({ n, ...gold }));
  return [
    { label: 'one of N right (pass@N)', style: 'pass', axis: 'gold', points: points(pass) },
    { label: 'majority of N', style: 'majority', axis: 'gold', points: points(majority) },
  ];
}

function of(name: string, report: EvaluationReport) {
  const { best_of_n: curve, optimal_n: optimum } = report.rewards[name]!;
  const points = (what: 'gold' | 'proxy') => curve.flatMap(({ n, [what]: one }) => (one ? [{ n, ...one }] : []));
  const lines: Line[] = [
    ...shared(report),
    { label: 'gold of best-of-N', style: 'gold', axis: 'gold', points: points('gold') },
    { label: 'score of best-of-N', style: 'proxy', axis: 'proxy', points: points('proxy') },
  ];
  return { title: name, lines, optimum: optimum?.n ?? null };
}

/** The figures themselves, for whoever cannot see the lines. */
function described({ rewards, pass, majority }: EvaluationReport, names: readonly string[]): string {
  const list = (points: readonly { n: number; value: number | undefined }[]) =>
    points.flatMap(({ n, value }) => (value === undefined ? [] : [`${n}: ${value.toFixed(3)}`])).join(', ') || 'unknown';
  const flat = (curve: EvaluationReport['pass']) => list(curve.map(({ n, gold }) => ({ n, value: gold.value })));
  return [
    `pass@N by N: ${flat(pass)}.`,
    `Majority by N: ${flat(majority)}.`,
    ...names.map((name) => {
      const { best_of_n: curve, optimal_n: optimum } = rewards[name]!;
      const gold = list(curve.map(({ n, gold }) => ({ n, value: gold?.value })));
      const proxy = list(curve.map(({ n, proxy }) => ({ n, value: proxy?.value })));
      return `${name}: gold of best-of-N by N: ${gold}; its score: ${proxy}; optimal N: ${optimum?.n ?? 'unknown'}.`;
    }),
  ].join(' ');
}

const STYLE = styleSheet({
  both: [
    '.title{font-size:14px;font-weight:600}.tick,.label{font-size:11px}.line,.grid,.optimum{fill:none}.grid{stroke-width:1px}',
    '.line{stroke-width:2px;stroke-linejoin:round}.line.proxy{stroke-dasharray:7 4}.line.pass{stroke-dasharray:2 3}',
    '.line.majority{stroke-dasharray:9 3 2 3}.band{opacity:.15;stroke:none}.optimum{stroke-dasharray:3 3}',
  ].join(''),
  lines: {
    gold: ['#0969da', '#4c9bff'],
    proxy: ['#cf4a00', '#ff8b4a'],
    pass: ['#59636e', '#9198a1'],
    majority: ['#8250df', '#b083ff'],
  },
  ofLine: (name, colour) => `.line.${name}{stroke:${colour}}.band.${name},.label.${name}{fill:${colour}}`,
  ofGround: ({ quiet }) => `.optimum{stroke:${quiet}}`,
});
