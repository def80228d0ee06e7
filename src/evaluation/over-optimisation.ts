/**
 * Gold against the divergence from the policy: gold(N) - gold(1) = d (alpha - beta d) with d = sqrt(ln N - (N - 1) / N)
 * (methods F.6; Gao et al. 2023).
 */
import { klUpperBound, nOfKl } from './divergence.ts';

export interface GoldFit {
  readonly alpha: number;
  readonly beta: number;
}

export const distanceOf = (n: number): number => Math.sqrt(klUpperBound(n));

/** Gold above that of one sample, as the fit has it. */
export function fittedGain({ alpha, beta }: GoldFit, n: number): number {
  const d = distanceOf(n);
  return d * (alpha - beta * d);
}

/** Where the fitted gold is highest; null where it rises for ever. */
export function peakOf({ alpha, beta }: GoldFit): { d: number; n: number; gain: number } | null {
  if (!(alpha > 0 && beta > 0)) return null;
  const d = alpha / (2 * beta);
  return { d, n: nOfKl(d ** 2), gain: alpha ** 2 / (4 * beta) };
}

/** Least squares without an intercept over the N above 1; null where there are fewer than two. `gold` holds that of N = 1 too. */
export function fitGold(grid: readonly number[], gold: readonly number[]): GoldFit | null {
  const first = gold[grid.indexOf(1)];
  if (first === undefined) return null;
  let [dd, ddd, dddd, yd, ydd, points] = [0, 0, 0, 0, 0, 0];
  for (const [place, n] of grid.entries()) {
    if (n === 1) continue;
    const [d, y] = [distanceOf(n), gold[place]! - first];
    dd += d ** 2;
    ddd += d ** 3;
    dddd += d ** 4;
    yd += y * d;
    ydd += y * d ** 2;
    points++;
  }
  const determinant = dd * dddd - ddd ** 2;
  if (points < 2 || determinant < 1e-12) return null;
  return { alpha: (yd * dddd - ydd * ddd) / determinant, beta: (yd * ddd - ydd * dd) / determinant };
}

const NOISE = 1e-9; // expectations over subsets differ by rounding alone below this

/** The N from which on the proxy rises while gold falls, for two steps of the grid; null where that never happens. */
export function turnsBad(grid: readonly number[], proxy: readonly number[], gold: readonly number[]): number | null {
  const apart = (place: number): boolean => proxy[place]! > proxy[place - 1]! + NOISE && gold[place]! < gold[place - 1]! - NOISE;
  for (let place = 2; place < grid.length; place++) if (apart(place - 1) && apart(place)) return grid[place - 2]!;
  return null;
}
