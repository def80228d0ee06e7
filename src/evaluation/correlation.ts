/** Correlations of a score with something that should not decide it (methods F.5). Null where one of them is constant. */

export function pearson(x: readonly number[], y: readonly number[]): number | null {
  const [dx, dy] = [centred(x), centred(y)];
  const [xx, yy] = [dot(dx, dx), dot(dy, dy)];
  if (isNothing(xx, x) || isNothing(yy, y)) return null;
  return Math.max(-1, Math.min(1, dot(dx, dy) / Math.sqrt(xx * yy)));
}

/** Pearson's of the ranks; equals have the mean of theirs. */
export const spearman = (x: readonly number[], y: readonly number[]): number | null => pearson(ranks(x), ranks(y));

/**
 * The correlation of x and y that is left when z is held fixed, from their three correlations. The plain one where z is
 * constant; null where z leaves nothing of x or of y.
 */
export function partial(xy: number | null, xz: number | null, yz: number | null): number | null {
  if (xy === null || xz === null || yz === null) return xy;
  const left = (1 - xz ** 2) * (1 - yz ** 2);
  return left < 1e-12 ? null : Math.max(-1, Math.min(1, (xy - xz * yz) / Math.sqrt(left)));
}

/** 1 for the least; equals have the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const given = new Array<number>(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let place = start; place < end; place++) given[order[place]!] = (start + 1 + end) / 2;
  }
  return given;
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, place) => sum + value * y[place]!, 0);

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

/** A sum of squares that is only the rounding of equal values. */
const isNothing = (squares: number, values: readonly number[]): boolean =>
  squares <= 1e-24 * values.reduce((sum, value) => sum + value * value, Number.MIN_VALUE);
