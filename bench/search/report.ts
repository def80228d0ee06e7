/** From lines to figures: accuracy with intervals, tokens, and what best-of-N makes of the same tokens. */
import { mean } from '../../src/selection/statistics.ts';
import { type Curve, type Point, pointsOf, type Sampled } from '../accuracy/curves.ts';
import { compare } from '../accuracy/equal-tokens.ts';
import { endingAt } from '../accuracy/estimate.ts';
import { type Interval, meanOf, shareOf } from '../accuracy/intervals.ts';
import { isRight, type Problem } from '../accuracy/problems.ts';
import type { RunLine } from '../accuracy/run-line.ts';
import { SEED } from '../accuracy/samples.ts';
import { ACCEPTED } from './lineup.ts';

export interface Ran {
  readonly name: string;
  readonly answers: number;
  readonly lines: readonly RunLine[];
}

export interface Figure {
  readonly name: string;
  readonly answers: number;
  readonly accuracy: Interval;
  /** Tokens of the policy a problem, mean. */
  readonly tokens: number;
  /** Tokens that rewards read a problem, mean. */
  readonly rewardTokens: number;
  /** Less best-of-N by the same final reward at the same tokens; undefined above the last N. */
  readonly lessBestOfN: Interval | undefined;
}

/** Plain samples drawn one after another until the process reward gives one `accept`, at most as many as were kept. */
export interface Ending {
  readonly accept: number;
  readonly accuracy: Interval;
  readonly tokens: number;
}

export interface SetReport {
  readonly title: string;
  readonly problems: number;
  /** Mean tokens of one plain sample. */
  readonly worth: number;
  readonly curves: readonly { readonly method: string; readonly points: readonly Point[] }[];
  readonly figures: readonly Figure[];
  /** Of what might make a search worth more. */
  readonly remedies: readonly Figure[];
  readonly endings: readonly Ending[];
  /** Accuracy of best-of-64 by the final reward, and who reaches it with a quarter of its tokens or less. */
  readonly goal: { readonly accuracy: Interval; readonly tokens: number; readonly reachedBy: readonly Figure[] };
}

/** What was run of the strategies themselves, and of the remedies. */
export interface Runs {
  readonly strategies: readonly Ran[];
  readonly remedies: readonly Ran[];
}

export function report(title: string, sampled: readonly Sampled[], curves: readonly Curve[], runs: Runs): SetReport {
  const perSample = sampled.map(({ line }) => mean(line.samples.map(({ tokens }) => tokens)));
  const worth = mean(perSample);
  const problems = sampled.map(({ problem }) => problem);
  const rival = curves.find(({ method }) => method === 'outcome')!;
  const figuresOf = (ran: readonly Ran[]) => ran.map((one) => figureOf(one, problems, rival, perSample));
  const [figures, remedies] = [figuresOf(runs.strategies), figuresOf(runs.remedies)];
  const most = rival.ns.at(-1)!;
  const goal = meanOf(rival.right.at(-1)!, SEED);
  return {
    title,
    problems: problems.length,
    worth,
    curves: curves.map((curve) => ({ method: curve.method, points: pointsOf(curve, worth) })),
    figures,
    remedies,
    endings: ACCEPTED.map((accept) => ending(sampled, accept)),
    goal: {
      accuracy: goal,
      tokens: most * worth,
      reachedBy: [...figures, ...remedies].filter(
        ({ accuracy, tokens }) => accuracy.value >= goal.value && tokens <= (most * worth) / 4,
      ),
    },
  };
}

function ending(sampled: readonly Sampled[], accept: number): Ending {
  const found = sampled.map(({ problem, line }) =>
    endingAt(
      line.samples.map((sample) => ({
        right: isRight(problem, sample),
        finished: sample.finish === 'stop',
        score: sample.scores.process,
        tokens: sample.tokens,
      })),
      accept,
    ),
  );
  return {
    accept,
    accuracy: meanOf(
      found.map(({ right }) => right),
      SEED,
    ),
    tokens: mean(found.map(({ tokens }) => tokens)),
  };
}

function figureOf(
  { name, answers, lines }: Ran,
  problems: readonly Problem[],
  rival: Curve,
  perSample: readonly number[],
): Figure {
  const right = lines.map(({ chosen }, place) => Number(isRight(problems[place]!, chosen)));
  const tokens = lines.map((line) => line.tokens);
  return {
    name,
    answers,
    accuracy: shareOf(right),
    tokens: mean(tokens),
    rewardTokens: mean(lines.map(({ rewardTokens }) => rewardTokens)),
    lessBestOfN: compare({ right, tokens }, rival, perSample, SEED).interpolated,
  };
}
