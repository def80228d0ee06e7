/** A report for a terminal: the few figures that decide, and what to beware of. */
import type { EvaluationReport, RewardReport } from '../../../schemas/evaluation.ts';
import { plain } from '../../hub/plain.ts';
import { table } from '../table.ts';

type Estimate = RewardReport['gain'];

export function summary(report: EvaluationReport): string {
  const names = Object.keys(report.rewards);
  return [
    table(head(report)),
    '',
    table(curves(report, names)),
    ...(names.length === 0 ? [] : ['', table(measures(report, names))]),
    ...(report.distances.length === 0 ? [] : ['', table(distances(report))]),
    '',
    ...(report.alarms.length === 0
      ? ['No alarm.']
      : report.alarms.map(({ alarm, reward, message }) => `ALARM ${alarm} (${plain(reward, 60)}): ${message}`)),
    ...report.warnings.map((warning) => `Warning: ${plain(warning)}`),
  ].join('\n');
}

/** What every report states (methods F.7). */
function head({ rows, reporting }: EvaluationReport): string[][] {
  const {
    n,
    tokens,
    extraction,
    interval,
    seed,
    tie_rule: ties,
    reward_revisions: revisions,
    reward_fingerprints: models,
  } = reporting;
  const known = (value: number | null) => value?.toLocaleString('en') ?? 'unknown';
  const left = [
    [rows.bad, 'bad'],
    [rows.too_few, 'with too few candidates'],
    [rows.unlabelled, 'of unknown worth'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [
    ['rows', `${rows.used} of ${rows.read}${left.length > 0 ? ` (${left.join(', ')})` : ''}, ${rows.sampled} sampled`],
    ['candidates', n ? `${n.least} to ${n.most}, mean ${n.mean.toFixed(1)}` : 'none'],
    ['tokens', `policy ${known(tokens.policy)}, rewards ${known(tokens.reward)}, wasted ${known(tokens.wasted)}`],
    ['answers not read', extraction.of === 0 ? 'no answers' : `${extraction.failed} of ${extraction.of}`],
    ['intervals', `${(100 * interval.confidence).toFixed(0)} %, ${interval.resamples} bootstraps over problems, seed ${seed}`],
    ['ties', ties],
    [
      'reward versions',
      Object.entries(revisions)
        .map(([name, revision]) => `${plain(name, 40)}: ${revision ?? models[name]?.join(' + ') ?? 'unknown'}`)
        .join(', ') || '-',
    ],
  ];
}

function curves({ grid, pass, majority, rewards }: EvaluationReport, names: readonly string[]): string[][] {
  const at = (curve: EvaluationReport['pass'], n: number) => shown(curve.find((point) => point.n === n)?.gold ?? null);
  return [
    ['N', 'pass@N', 'majority', ...names.map((name) => plain(name, 40))],
    ...grid.map((n, place) => [
      String(n),
      at(pass, n),
      at(majority, n),
      ...names.map((name) => shown(rewards[name]!.best_of_n[place]!.gold)),
    ]),
  ];
}

function measures({ rewards }: EvaluationReport, names: readonly string[]): string[][] {
  const row = (title: string, of: (one: RewardReport) => string): string[] => [title, ...names.map((name) => of(rewards[name]!))];
  return [
    ['', ...names.map((name) => plain(name, 40))],
    row('accuracy, fair ties', (one) => shown(one.accuracy?.fair_ties ?? null)),
    row('optimal N', ({ optimal_n: found }) => (found ? `${found.n}${found.finite ? '' : ' (no finite optimum seen)'}` : '-')),
    row('gain over one', (one) => shown(one.gain)),
    row('headroom', (one) => shown(one.headroom)),
    row('AUROC in prompts', (one) => shown(one.ranking.auroc)),
    row('Kendall tau-b', (one) => shown(one.ranking.kendall_tau_b)),
    row('NDCG', (one) => shown(one.ranking.ndcg)),
    row('calibration error', ({ calibration: found }) =>
      found ? `${digits(found.ece)}${found.low_count ? ' (few)' : ''}` : '-',
    ),
    row('|rho| with length', (one) => shown(one.length.mean_absolute)),
    row('degraded', (one) => digits(one.degraded_share)),
    row('failed scores', ({ scores }) => `${scores.invalid} of ${scores.valid + scores.invalid}`),
  ];
}

const distances = (report: EvaluationReport): string[][] => [
  ['distance of', 'and', '', 'regret of the first', 'of the second'],
  ...report.distances.map((one) => [
    plain(one.a, 40),
    plain(one.b, 40),
    digits(one.distance),
    digits(one.regret_of_a),
    digits(one.regret_of_b),
  ]),
];

const digits = (value: number | null): string => (value === null ? '-' : value.toFixed(3));

const shown = (estimate: Estimate): string =>
  estimate === null
    ? '-'
    : `${digits(estimate.value)}${estimate.low === null ? '' : ` [${digits(estimate.low)}, ${digits(estimate.high)}]`}`;
