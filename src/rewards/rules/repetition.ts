import { ofText, type Reader } from './check.ts';
import type { CheckedText } from './checked-text.ts';
import { CheckError, failedBy, PASSED } from './verdict.ts';

/**
 * Repetition by distinct-n: different runs of n words as a share of all (Li et al. 2016); rep-n is 1 less that (Welleck et al.
 * 2020). A text with no run of n words repeats nothing.
 */
export const repetition: Reader<'repetition'> = ({ n, max_repeated: most, min_distinct: least }) => {
  if (most === undefined && least === undefined) throw new CheckError('max_repeated', 'Give `max_repeated` or `min_distinct`.');
  return ofText((candidate) => {
    const distinct = candidate.once(`distinct|${n}`, () => distinctShare(candidate, n));
    const repeated = 1 - distinct;
    if (most !== undefined && repeated > most) return failedBy(`rep-${n} is ${repeated.toFixed(3)}, at most ${most} allowed`);
    if (least !== undefined && distinct < least)
      return failedBy(`distinct-${n} is ${distinct.toFixed(3)}, at least ${least} asked for`);
    return PASSED;
  });
};

function distinctShare({ words, meter }: CheckedText, n: number): number {
  const total = words.length - n + 1;
  if (total <= 0) return 1;
  meter.spend(total * n);
  const folded = words.map((word) => word.toLowerCase());
  const runs = new Set<string>();
  for (let start = 0; start < total; start++) runs.add(folded.slice(start, start + n).join(' '));
  return runs.size / total;
}
