/** Draws from distributions, each by a generator of numbers in [0, 1) such as mulberry32: the same seed, the same draws. */
export type Uniform = () => number;

/** Normal, by Box and Muller (1958). */
export function normal(next: Uniform, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - next())); // 1 - u is never 0
  return mean + deviation * radius * Math.cos(2 * Math.PI * next());
}

/** Gamma of scale 1 and any shape above 0, by Marsaglia and Tsang (2000): over 95 % of its tries are taken. */
export function gamma(next: Uniform, shape: number): number {
  if (shape < 1) return gamma(next, shape + 1) * (1 - next()) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(next, 0, 1);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - next()) <= x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** 1 / x is a gamma of that shape, and of 1 / `scale` as its scale. */
export const inverseGamma = (next: Uniform, shape: number, scale: number): number => scale / gamma(next, shape);

/** Beta, from 0 to 1: the share of one gamma in two. */
export function beta(next: Uniform, a: number, b: number): number {
  const ours = gamma(next, a);
  return ours / (ours + gamma(next, b));
}
