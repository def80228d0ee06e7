/** From what was measured on one set of problems to the figures of its table and picture. */
import { argmax } from '../../src/selection/argmax.ts';
import { mean } from '../../src/selection/statistics.ts';
import { chosen } from './chosen.ts';
import { type Curve, type Method, type Point, pointsOf, type Sampled } from './curves.ts';
import { type Comparison, compare } from './equal-tokens.ts';
import { type Interval, meanOf, shareOf } from './intervals.ts';
import { isRight } from './problems.ts';
import { SEED } from './samples.ts';
import type { Search, SearchLine } from './searches.ts';
import type { TightLine } from './tight.ts';

/** Everything that was measured on a set. `curves` hold its problems in the order of `sampled`, as do the lines of a search. */
export interface Measured {
  readonly title: string;
  readonly sampled: readonly Sampled[];
  readonly curves: readonly Curve[];
  readonly searches: readonly { readonly search: Search; readonly width: number; readonly lines: readonly SearchLine[] }[];
  readonly tight: readonly TightLine[];
}

export interface Against {
  readonly method: Method;
  readonly comparison: Comparison;
}

export interface SearchReport extends Point {
  readonly search: Search;
  /** The same pool, the last choice left to the process reward; for beam search. */
  readonly byProcess: Interval | undefined;
  readonly against: readonly Against[];
}

export interface TightReport {
  /** Mean limit in tokens; the sets that make up a larger one have each their own. */
  readonly limit: number;
  readonly finished: number;
  readonly leastFinished: number;
  readonly open: number;
  readonly mostLeftWhileOpen: number;
  readonly overspent: number;
  readonly accuracy: Interval;
}

export interface SetReport {
  readonly title: string;
  readonly problems: number;
  readonly samples: number;
  readonly greedy: Point;
  readonly curves: readonly { readonly method: Method; readonly points: readonly Point[] }[];
  readonly searches: readonly SearchReport[];
  /** Differences in accuracy of the same problems. */
  readonly gains: readonly { readonly title: string; readonly difference: Interval }[];
  readonly tight: TightReport | undefined;
}

export function report({ title, sampled, curves, searches, tight }: Measured): SetReport {
  const greedy = sampled.map(({ problem, line }) => isRight(problem, line.greedy));
  const perSample = sampled.map(({ line }) => mean(line.samples.map(({ tokens }) => tokens)));
  return {
    title,
    problems: sampled.length,
    samples: sampled[0]?.line.samples.length ?? 0,
    greedy: { n: 1, accuracy: share(greedy), tokens: mean(sampled.map(({ line }) => line.greedy.tokens)), rewardTokens: 0 },
    curves: curves.map((curve) => ({ method: curve.method, points: pointsOf(curve, mean(perSample)) })),
    searches: searches.map(({ search, width, lines }) => searchReport({ search, width, lines }, sampled, curves, perSample)),
    gains: gains(curves, greedy.map(Number)),
    tight: tight.length > 0 ? tightReport(tight) : undefined,
  };
}

function searchReport(
  { search, width, lines }: Measured['searches'][number],
  sampled: readonly Sampled[],
  curves: readonly Curve[],
  perSample: readonly number[],
): SearchReport {
  const right = lines.map(({ chosen }, place) => isRight(sampled[place]!.problem, chosen));
  const spent = { right: right.map(Number), tokens: lines.map(({ tokens }) => tokens) };
  const rivals = curves.filter(({ method }) => RIVALS.has(method));
  return {
    search,
    n: width,
    accuracy: share(right),
    byProcess:
      search.strategy === 'beam_search' ? share(lines.map((line, place) => processChoice(line, sampled[place]!))) : undefined,
    tokens: mean(spent.tokens),
    rewardTokens: mean(lines.map(({ rewardTokens }) => rewardTokens)),
    against: rivals.map((curve) => ({ method: curve.method, comparison: compare(spent, curve, perSample, SEED) })),
  };
}

/** What a search is compared with: each best-of-N that can be asked for, and the vote that is the default for chains. */
const RIVALS: ReadonlySet<Method> = new Set(['outcome', 'process', 'weighted outcome']);

/** Whether the pool's best finished candidate by the process reward is right. */
function processChoice({ pool }: SearchLine, { problem }: Sampled): boolean {
  const finished = pool.filter(({ finish }) => finish === 'stop');
  if (finished.length === 0) return false;
  const contenders = finished.map(({ scores: { process }, tokens }, index) => ({
    index,
    answer: null,
    tokens,
    text: '',
    score: process === null ? null : { ok: true as const, value: process },
  }));
  const { index } = chosen(argmax, contenders, { output: 'probability' });
  return isRight(problem, finished[index]!);
}

/** What the issue asks of the main line, at 16 samples or as many as there are. */
function gains(curves: readonly Curve[], greedy: readonly number[]): SetReport['gains'] {
  const last = Math.min(16, curves[0]?.ns.at(-1) ?? 1);
  const rightOf = (method: Method, n = last) => {
    const curve = curves.find((one) => one.method === method);
    return curve?.right[curve.ns.indexOf(n)];
  };
  const majority = rightOf('majority');
  const wanted: [string, readonly number[] | undefined, readonly number[] | undefined][] = [
    [`best-of-${last} by outcome less greedy`, rightOf('outcome'), greedy],
    [`best-of-${last} by process less greedy`, rightOf('process'), greedy],
    [`one of ${last} right (oracle) less greedy`, rightOf('oracle'), greedy],
    ['greedy less one sample', greedy, rightOf('oracle', 1)],
    [`majority of ${last} less greedy`, majority, greedy],
    [`weighted vote of ${last} by outcome less majority`, rightOf('weighted outcome'), majority],
    [`weighted vote of ${last} by process less majority`, rightOf('weighted process'), majority],
  ];
  return wanted.flatMap(([title, one, other]) =>
    one && other
      ? [
          {
            title,
            difference: meanOf(
              one.map((right, place) => right - other[place]!),
              SEED,
            ),
          },
        ]
      : [],
  );
}

function tightReport(lines: readonly TightLine[]): TightReport {
  const left = lines.filter(({ open }) => open > 0).map(({ limit, tokens }) => limit - tokens);
  return {
    limit: mean(lines.map(({ limit }) => limit)),
    finished: mean(lines.map(({ finished }) => finished)),
    leastFinished: Math.min(...lines.map(({ finished }) => finished)),
    open: left.length,
    mostLeftWhileOpen: Math.max(0, ...left),
    overspent: lines.filter(({ limit, tokens }) => tokens > limit).length,
    accuracy: share(lines.map(({ right }) => right)),
  };
}

const share = (right: readonly boolean[]): Interval => shareOf(right.map(Number));
