/** A search against best-of-N for the same tokens. */
import type { Curve } from './curves.ts';
import { bootstrap, type Interval, meanAt, meanOf } from './intervals.ts';

/** What a method made of each problem, and for how many tokens. */
export interface Spent {
  readonly right: readonly number[];
  readonly tokens: readonly number[];
}

export interface Comparison {
  /** How many samples the mean tokens of the search would have bought. */
  readonly samples: number;
  /** Search less best-of-N, on the curve between the two N on either side; undefined beyond the last N. */
  readonly interpolated: Interval | undefined;
  /** Search less best-of-N of the smallest N that takes at least as many tokens, problem by problem. */
  readonly paired: (Interval & { readonly n: number }) | undefined;
}

/** @param perSample  mean tokens of one sample, by problem */
export function compare(search: Spent, curve: Curve, perSample: readonly number[], seed: number): Comparison {
  const every = Int32Array.from(search.right.keys());
  const samplesAt = (picks: Int32Array) => meanAt(search.tokens, picks) / meanAt(perSample, picks);
  const samples = samplesAt(every);
  const place = curve.ns.findIndex((n) => n >= samples);
  if (place === -1) return { samples, interpolated: undefined, paired: undefined };
  const difference = (picks: Int32Array) => meanAt(search.right, picks) - accuracyAt(curve, samplesAt(picks), picks);
  const pairs = search.right.map((right, problem) => right - curve.right[place]![problem]!);
  return {
    samples,
    interpolated: bootstrap(search.right.length, difference, seed),
    paired: { n: curve.ns[place]!, ...meanOf(pairs, seed) },
  };
}

/** Mean accuracy of the curve at `samples`, which need not be whole: on the line between its two neighbours. */
export function accuracyAt({ ns, right }: Pick<Curve, 'ns' | 'right'>, samples: number, picks: Int32Array): number {
  const above = ns.findIndex((n) => n >= samples);
  if (above === -1) return meanAt(right.at(-1)!, picks);
  const high = meanAt(right[above]!, picks);
  if (above === 0) return high;
  const low = meanAt(right[above - 1]!, picks);
  return low + ((high - low) * (samples - ns[above - 1]!)) / (ns[above]! - ns[above - 1]!);
}
