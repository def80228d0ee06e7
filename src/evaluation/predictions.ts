/** What more samples would give, and how well the same method would have said what was measured. */
import type { EvaluationReport } from '../../schemas/evaluation.ts';
import { mulberry32, subSeed } from '../random.ts';
import type { Bootstrap } from './bootstrap.ts';
import { fitGold, fittedGain } from './over-optimisation.ts';
import { fitBeta, halved, type Outcome, passAtN } from './prediction.ts';

type Prediction = EvaluationReport['prediction'];

const REFITS = 200; // bootstraps of a fit: each is a search, and the ends of an interval need no more

/** pass@N of each N in `ns`, from how many samples of each problem were right. */
export function predictPass(
  outcomes: readonly Outcome[],
  ns: readonly number[],
  { bootstrap, observed, seed }: { bootstrap: Bootstrap; observed: { at: number; value: number } | null; seed: number },
): Prediction {
  const fit = fitBeta(outcomes);
  const draws = fit && bootstrap.resamples > 0 ? redrawn(outcomes, seed).flatMap((drawn) => fitBeta(drawn, fit) ?? []) : [];
  const drawn = draws.map((one) => passAtN(one, ns));
  const half = observed && fitBeta(halved(outcomes), fit ?? undefined);
  return {
    method: 'beta_binomial',
    assumes:
      'Samples of a problem are independent and each right with the same chance, and these chances have a Beta distribution over problems like these.',
    parameters: fit && { a: fit.a, b: fit.b },
    points: fit
      ? passAtN(fit, ns).map((value, place) => ({ n: ns[place]!, value, ...bootstrap.interval(drawn.map((one) => one[place]!)) }))
      : [],
    check:
      half && observed
        ? { from: observed.at >> 1, at: observed.at, predicted: passAtN(half, [observed.at])[0]!, observed: observed.value }
        : null,
  };
}

/** The same number of problems drawn anew, counted by outcome. */
function redrawn(outcomes: readonly Outcome[], seed: number): Outcome[][] {
  const random = mulberry32(subSeed(seed, 'outcomes', 0));
  const kinds = outcomes.flatMap(({ problems }, kind) => Array.from({ length: problems }, () => kind));
  return Array.from({ length: REFITS }, () => {
    const times = new Uint32Array(outcomes.length);
    for (let draw = 0; draw < kinds.length; draw++) times[kinds[Math.floor(random() * kinds.length)]!]!++;
    return outcomes.map((one, kind) => ({ ...one, problems: times[kind]! })).filter(({ problems }) => problems > 0);
  });
}

/** Gold of best-of-N at larger N, by the law of over-optimisation. */
export function predictGold(
  grid: readonly number[],
  gold: readonly number[],
  draws: readonly Float64Array[],
  ns: readonly number[],
  bootstrap: Bootstrap,
): Prediction {
  const fit = fitGold(grid, gold);
  const at = (means: readonly number[], upTo = grid) => {
    const one = fitGold(upTo, means);
    return (n: number) => (one ? means[0]! + fittedGain(one, n) : Number.NaN);
  };
  const drawn = Array.from({ length: fit ? bootstrap.resamples : 0 }, (_, place) => at(draws.map((means) => means[place]!)));
  const shorter = grid.slice(0, -1);
  const checked = shorter.length < 3 ? null : at(gold.slice(0, -1), shorter)(grid.at(-1)!);
  return {
    method: 'gold_over_divergence',
    assumes:
      'Gold rises and falls with d = sqrt(ln N - (N - 1) / N) as d (alpha - beta d); beyond what was measured it is a guess.',
    parameters: fit && { alpha: fit.alpha, beta: fit.beta },
    points: fit
      ? ns.map((n) => ({ n, value: gold[0]! + fittedGain(fit, n), ...bootstrap.interval(drawn.map((one) => one(n))) }))
      : [],
    check:
      checked === null || !Number.isFinite(checked)
        ? null
        : { from: shorter.at(-1)!, at: grid.at(-1)!, predicted: checked, observed: gold.at(-1)! },
  };
}
