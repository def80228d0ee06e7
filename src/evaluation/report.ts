/** The report of an evaluation: every mean with its interval, and what F.7 asks each report to state. */
import type { EvaluationReport } from '../../schemas/evaluation.ts';
import { alarmsOf } from './alarms.ts';
import { Bootstrap } from './bootstrap.ts';
import type { Evaluation } from './evaluation.ts';
import { predictPass } from './predictions.ts';
import { rewardReport } from './reward-report.ts';

const FEW = 20; // problems: below it an interval is itself a guess

export function report(evaluation: Evaluation): EvaluationReport {
  const { options, seed, columns, tallies, counts, sizes, grid } = evaluation;
  const drawing = { resamples: options.resamples, confidence: options.confidence, seed };
  const own = Array.from(tallies.values(), ({ choosing, ordering, biases }) => [
    choosing,
    ordering,
    biases,
    biases.length,
    biases.repetition,
  ]);
  const all = [columns, ...own.flat().map((part) => part.columns)].flatMap((part) => part.all());
  const bootstrap = new Bootstrap(all, { ...drawing, rows: counts.used });
  const probed = Math.max(0, ...Array.from(tallies.values(), ({ probes }) => probes.rows));
  const probeColumns = Array.from(tallies.values(), ({ probes }) => probes.columns.all()).flat();
  const probeBootstrap = new Bootstrap(probeColumns, { ...drawing, rows: probed });
  const largest = grid.at(-1) ?? 0;
  const larger = options.predict ?? (largest === 0 ? [] : [2, 4, 8].map((times) => times * largest));
  const told = { grid, larger, options, bootstrap, probeBootstrap };
  const rewards = Array.from(tallies, ([name, tally]) => [name, rewardReport(name, tally, told)] as const);
  const passes = columns.named(`pass ${largest}`).mean;
  const curve = (name: string) =>
    grid.flatMap((n) => {
      const gold = bootstrap.estimate(columns.named(`${name} ${n}`));
      return gold ? [{ n, gold }] : [];
    });
  return {
    object: 'winnow.evaluation',
    rows: counts,
    reporting: {
      n: counts.used === 0 ? null : { least: sizes.least, most: sizes.most, mean: sizes.total / counts.used },
      tokens: evaluation.spent,
      seed,
      tie_rule: 'expected value under a fair tie break',
      extraction: { ...evaluation.extraction, rate: rate(evaluation.extraction) },
      reward_revisions: Object.fromEntries(rewards.map(([name, { revision }]) => [name, revision])),
      reward_fingerprints: Object.fromEntries(
        Array.from(evaluation.rewardFingerprints, ([name, fingerprints]) => [name, [...fingerprints].sort()]),
      ),
      policy_fingerprints: [...evaluation.fingerprints].sort(),
      interval: { method: 'bootstrap over problems', resamples: options.resamples, confidence: options.confidence },
    },
    grid: [...grid],
    random: bootstrap.estimate(columns.named('random')),
    pass: curve('pass'),
    majority: curve('majority'),
    prediction:
      passes === null
        ? null
        : predictPass(evaluation.outcomes(), larger, { bootstrap, observed: { at: largest, value: passes }, seed }),
    rewards: Object.fromEntries(rewards),
    distances: evaluation.distances.report(),
    alarms: rewards.flatMap(([name, one]) => alarmsOf(name, one, largest)),
    flagged: evaluation.flagged,
    bad_rows: evaluation.badRows,
    warnings: warningsOf(evaluation),
  };
}

const rate = ({ failed, of }: { failed: number; of: number }): number | null => (of === 0 ? null : failed / of);

function warningsOf({ counts, sizes, grid, left, tallies, options }: Evaluation): string[] {
  const usual = sizes.total / counts.used;
  const largest = grid.at(-1) ?? 0;
  return [
    ...(counts.used === 0 ? ['No row could be used.'] : []),
    ...(counts.used > 0 && counts.used < FEW ? [`Only ${counts.used} rows were used: intervals are rough.`] : []),
    ...(counts.unlabelled > 0
      ? [`${counts.unlabelled} rows have a candidate whose worth is unknown: no accuracy counts them.`]
      : []),
    ...(2 * largest <= usual
      ? [
          `The curves end at N = ${largest}, the smallest row; rows have ${usual.toFixed(1)} candidates on average. Raise min_candidates to leave small rows out.`,
        ]
      : []),
    ...(left.size > 0 ? [`Scores of ${tallies.size} rewards are told; left out: ${[...left].slice(0, 10).join(', ')}.`] : []),
    ...(options.resamples === 0 ? ['No intervals: resamples is 0.'] : []),
  ];
}
