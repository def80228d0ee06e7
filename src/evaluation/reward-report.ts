/** Everything that is told of one reward. */
import type { EvaluationOptions } from '../../schemas/evaluate.ts';
import type { RewardReport } from '../../schemas/evaluation.ts';
import type { Correlations } from './biases.ts';
import type { Bootstrap } from './bootstrap.ts';
import type { Choosing } from './choosing.ts';
import { klUpperBound, winRate } from './divergence.ts';
import type { Tally } from './evaluation.ts';
import { tiesScore } from './fair-ties.ts';
import { optimalN } from './optimal-n.ts';
import { fitGold, peakOf, turnsBad } from './over-optimisation.ts';
import { predictGold } from './predictions.ts';

export interface Told {
  readonly grid: readonly number[];
  /** Larger N to predict for. */
  readonly larger: readonly number[];
  readonly options: EvaluationOptions;
  readonly bootstrap: Bootstrap;
  /** Draws of the probes, whose rows are their own. */
  readonly probeBootstrap: Bootstrap;
}

export function rewardReport(name: string, tally: Tally, told: Told): RewardReport {
  const { options, bootstrap } = told;
  const { choosing, ordering, biases } = tally;
  const said = <Value>(by: Readonly<Record<string, Value>> | undefined) => (by && Object.hasOwn(by, name) ? by[name] : undefined);
  const pooled = ordering.pooled();
  const estimated = (column: string) => bootstrap.estimate(ordering.columns.named(column));
  const biased = (column: string) => bootstrap.estimate(biases.columns.named(column));
  return {
    revision: said(options.revisions) ?? null,
    scores: { valid: tally.valid, invalid: tally.invalid },
    degraded_share: tally.rows === 0 ? null : tally.degraded / tally.rows,
    accuracy: accuracyOf(choosing, bootstrap),
    ties_subset: tiesOf(choosing),
    best_of_n: curveOf(choosing, told),
    optimal_n: optimumOf(choosing, told),
    gain: bootstrap.estimate(choosing.columns.named('gain')),
    headroom: bootstrap.estimate(choosing.columns.named('headroom')),
    ranking: {
      ndcg: estimated('ndcg'),
      ndcg_k: options.ndcg_k,
      ndcg_gain: 'exponential',
      kendall_tau_b: estimated('tau'),
      pairwise_accuracy: estimated('pairwise'),
      auroc: estimated('auroc'),
      auroc_pooled: pooled.auroc,
      auroc_pooled_of: pooled.of,
    },
    calibration: ordering.calibration(said(options.outputs)),
    length: biasOf(biases.length, bootstrap),
    winner_length_ratio: biased('length ratio'),
    repetition: biasOf(biases.repetition, bootstrap),
    style: Object.fromEntries(
      biases.traitsSeen().map((trait) => {
        const { winners, excess } = biases.trait(trait);
        return [trait, { winners: bootstrap.estimate(winners), excess: bootstrap.estimate(excess) }];
      }),
    ),
    outlier_winners: { share: biased('outlier'), gain: biased('outlier gain') },
    disagreement_ratio: biased('disagreement'),
    over_optimisation: overOptimisation(choosing, told),
    prediction: predictionOf(choosing, told),
    perturbations: perturbationsOf(tally, told.probeBootstrap),
  };
}

function accuracyOf(choosing: Choosing, bootstrap: Bootstrap): RewardReport['accuracy'] {
  const fairTies = bootstrap.estimate(choosing.columns.named('accuracy'));
  if (!fairTies) return null;
  const domains = choosing.domains();
  return {
    fair_ties: fairTies,
    chance: choosing.chance,
    overall: domains.reduce((sum, { value }) => sum + value, 0) / domains.length,
    domains: Object.fromEntries(domains.map(({ name, ...rest }) => [name, rest])),
  };
}

function tiesOf(choosing: Choosing): RewardReport['ties_subset'] {
  const score = tiesScore(choosing.tiesPairs);
  return (
    score && { overall: score.overall, tied_accuracy: score.tiedAccuracy, ref_accuracy: score.refAccuracy, pairs: score.pairs }
  );
}

const curveOf = (choosing: Choosing, { grid, bootstrap, options }: Told): RewardReport['best_of_n'] =>
  grid.map((n) => ({
    n,
    gold: bootstrap.estimate(choosing.gold(n)),
    proxy: bootstrap.estimate(choosing.proxy(n)),
    ...(options.softmax_temperature === undefined ? {} : { softmax: bootstrap.estimate(choosing.softmax(n)) }),
    kl_upper_bound: klUpperBound(n),
    kl_of_samples: choosing.kl(n),
    win_rate_without_ties: winRate(n),
  }));

/** Means of gold by N over all problems, and in each draw; null where no gold is known. */
function goldOf(choosing: Choosing, { grid, bootstrap }: Told): { means: number[]; draws: Float64Array[] } | null {
  const means = grid.flatMap((n) => choosing.gold(n).mean ?? []);
  if (means.length < grid.length || grid.length === 0) return null;
  return { means, draws: grid.map((n) => bootstrap.draws(choosing.gold(n))) };
}

function optimumOf(choosing: Choosing, told: Told): RewardReport['optimal_n'] {
  const gold = goldOf(choosing, told);
  if (!gold) return null;
  const { grid, options } = told;
  const found = optimalN(grid, gold.means, gold.draws, options.price);
  return {
    n: found.n,
    value: found.value,
    best_n: found.bestN,
    best_value: found.bestValue,
    standard_error: found.standardError,
    share_at_largest: found.shareAtLargest,
    finite: found.finite,
    regret: grid.map((n, place) => ({ n, value: found.value - (gold.means[place]! - options.price * n) })),
  };
}

function overOptimisation(choosing: Choosing, told: Told): RewardReport['over_optimisation'] {
  const { grid, bootstrap } = told;
  const gold = goldOf(choosing, told);
  const fit = gold && fitGold(grid, gold.means);
  if (!gold || !fit) return null;
  const best = gold.means.reduce((top, value, place) => (value > gold.means[top]! ? place : top), 0);
  const falls = gold.draws[best]!.map((value, draw) => gold.draws.at(-1)![draw]! - value);
  const proxy = grid.map((n) => choosing.proxy(n).mean ?? Number.NaN);
  return {
    ...fit,
    peak: peakOf(fit),
    turns_bad_from: turnsBad(grid, proxy, gold.means),
    fall: { value: gold.means.at(-1)! - gold.means[best]!, ...bootstrap.interval(falls) },
  };
}

function predictionOf(choosing: Choosing, told: Told): RewardReport['prediction'] {
  const gold = goldOf(choosing, told);
  return gold && predictGold(told.grid, gold.means, gold.draws, told.larger, told.bootstrap);
}

function biasOf({ columns, flagged }: Correlations, bootstrap: Bootstrap): RewardReport['length'] {
  const estimated = (name: string) => bootstrap.estimate(columns.named(name));
  return {
    pearson: estimated('pearson'),
    spearman: estimated('spearman'),
    partial_pearson: estimated('partial pearson'),
    partial_spearman: estimated('partial spearman'),
    mean_absolute: estimated('absolute'),
    flagged_prompts: flagged,
  };
}

function perturbationsOf({ probes }: Tally, bootstrap: Bootstrap): RewardReport['perturbations'] {
  if (probes.rows === 0) return null;
  return Object.fromEntries(
    Array.from(probes.kinds, (kind) => [
      kind,
      {
        rise: bootstrap.estimate(probes.columns.named(`rise ${kind}`)),
        above_deviation: bootstrap.estimate(probes.columns.named(`above ${kind}`)),
      },
    ]),
  );
}
