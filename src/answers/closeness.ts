import type { CheckOptions } from '../../schemas/check.ts';
import { type Fraction, fraction } from './rational.ts';

/** |given - reference| <= max(abs_tolerance, rel_tolerance * |reference|), exactly: no float can round it (methods G.8). */
export function closeTo(
  given: Fraction,
  reference: Fraction,
  { abs_tolerance: absolute = 0, rel_tolerance: relative = 0 }: CheckOptions,
): boolean {
  const [distance, scale] = [magnitude(given[0] * reference[1] - reference[0] * given[1]), given[1] * reference[1]];
  const within = ([numerator, denominator]: Fraction): boolean => distance * denominator <= numerator * scale;
  const share = fraction(String(relative))!; // the schema admits finite numbers from 0 on
  return within(fraction(String(absolute))!) || within([share[0] * magnitude(reference[0]), share[1] * reference[1]]);
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
