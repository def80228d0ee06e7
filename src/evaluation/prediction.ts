/**
 * pass@N for more samples than were drawn. Assumes that samples of a problem are independent, each right with the same
 * chance p, and that p over problems has a Beta distribution: then 1 - pass@N = E[(1 - p)^N] = B(a, b + N) / B(a, b).
 */
import { choose } from './estimators.ts';

/** So many problems had `right` of `n` samples right. */
export interface Outcome {
  readonly n: number;
  readonly right: number;
  /** May be a fraction. */
  readonly problems: number;
}

export interface Beta {
  readonly a: number;
  readonly b: number;
}

/** The a and b under which the outcomes are the likeliest; null where there are none or no problem had two samples. */
export function fitBeta(outcomes: readonly Outcome[], from?: Beta): Beta | null {
  const problems = outcomes.reduce((sum, one) => sum + one.problems, 0);
  if (problems === 0 || outcomes.every(({ n }) => n < 2)) return null;
  const rate = outcomes.reduce((sum, { n, right, problems }) => sum + (problems * right) / n, 0) / problems;
  const centre = Math.min(0.98, Math.max(0.02, rate));
  const start = from ? [Math.log(from.a), Math.log(from.b)] : [Math.log(centre), Math.log(1 - centre)];
  const [a, b] = leastOf((x, y) => -logLikelihood(outcomes, Math.exp(x), Math.exp(y)), [start[0]!, start[1]!]);
  return { a: Math.exp(a), b: Math.exp(b) };
}

function logLikelihood(outcomes: readonly Outcome[], a: number, b: number): number {
  const most = outcomes.reduce((top, { n }) => Math.max(top, n), 0);
  const sums = (from: number) => {
    const upTo = new Float64Array(most + 1);
    for (let i = 0; i < most; i++) upTo[i + 1] = upTo[i]! + Math.log(from + i);
    return upTo;
  };
  const [ofA, ofB, ofBoth] = [sums(a), sums(b), sums(a + b)];
  return outcomes.reduce((sum, { n, right, problems }) => sum + problems * (ofA[right]! + ofB[n - right]! - ofBoth[n]!), 0);
}

/** pass@N of each N, in their order. */
export function passAtN({ a, b }: Beta, ns: readonly number[]): number[] {
  const most = ns.reduce((top, n) => Math.max(top, n), 0);
  const none = new Float64Array(most + 1);
  for (let i = 0; i < most; i++) none[i + 1] = none[i]! + Math.log((b + i) / (a + b + i));
  return ns.map((n) => -Math.expm1(none[n]!));
}

/** What the same problems would show with half as many samples, in expectation: a fit of these can be checked. */
export function halved(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.flatMap(({ n, right, problems }) => {
    const half = n >> 1;
    return Array.from({ length: half + 1 }, (_, fewer) => ({
      n: half,
      right: fewer,
      problems: (problems * choose(right, fewer) * choose(n - right, half - fewer)) / choose(n, half),
    })).filter((one) => one.problems > 0);
  });
}

type Point = readonly [x: number, y: number];
const LIMIT = 9; // of |ln a| and |ln b|: beyond it all problems are alike, or all are certain

/** Nelder and Mead's search in two dimensions, within the limit: enough for a smooth function with one lowest point. */
function leastOf(f: (x: number, y: number) => number, start: Point): Point {
  const within = (value: number): number => Math.min(LIMIT, Math.max(-LIMIT, value));
  const at = ([x, y]: Point) => {
    const point: Point = [within(x), within(y)];
    return { point, value: f(...point) };
  };
  const toward = (from: Point, to: Point, step: number): Point => [
    from[0] + step * (to[0] - from[0]),
    from[1] + step * (to[1] - from[1]),
  ];
  let corners = [at(start), at([start[0] + 0.5, start[1]]), at([start[0], start[1] + 0.5])];
  for (let round = 0; round < 200; round++) {
    corners.sort((one, other) => one.value - other.value);
    const [best, second, worst] = [corners[0]!, corners[1]!, corners[2]!];
    if (worst.value - best.value < 1e-10 * (1 + Math.abs(best.value)) && spread(best.point, worst.point) < 1e-5) break;
    const middle = toward(best.point, second.point, 0.5);
    const mirrored = at(toward(worst.point, middle, 2));
    if (mirrored.value < best.value) {
      const further = at(toward(worst.point, middle, 3));
      corners[2] = further.value < mirrored.value ? further : mirrored;
    } else if (mirrored.value < second.value) corners[2] = mirrored;
    else {
      const nearer = at(toward(worst.point, middle, mirrored.value < worst.value ? 1.5 : 0.5));
      if (nearer.value < Math.min(worst.value, mirrored.value)) corners[2] = nearer;
      else corners = [best, ...[second, worst].map(({ point }) => at(toward(best.point, point, 0.5)))];
    }
  }
  return corners.reduce((best, corner) => (corner.value < best.value ? corner : best)).point;
}

const spread = (one: Point, other: Point): number => Math.hypot(one[0] - other[0], one[1] - other[1]);
