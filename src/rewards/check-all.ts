import type { FormulaPair } from '../../schemas/equivalence.ts';
import { type CheckOptions, type CheckResult, check, type Solve } from '../answers/check.ts';
import { unknown } from '../answers/check-result.ts';
import type { Asking } from '../operation.ts';
import { read } from '../operation.ts';

export interface Comparison {
  readonly given: string;
  readonly reference: string;
  readonly options: CheckOptions;
}

/** Pairs of one call: what schemas/equivalence.ts admits. */
const PAIRS_OF_A_CALL = 1024;

/**
 * `check` of several pairs, where formulas that it leaves open are asked of a gpu-backend: all distinct ones at once. A call
 * that fails leaves them `unknown`.
 *
 * @param reward  the one that it is for, which the call is booked on
 * @returns in the order given
 */
export function* checkAll(
  comparisons: readonly Comparison[],
  { backend, reward }: { readonly backend: string; readonly reward: string },
): Asking<CheckResult[]> {
  const open = new Map<string, FormulaPair>();
  const first = comparisons.map((comparison) => {
    const pairs: FormulaPair[] = [];
    const result = checked(comparison, (given, reference) => {
      pairs.push(pairOf(given, reference, comparison.options));
      return unknown('symbolic', 'needs_symbolic');
    });
    // a difference elsewhere decides without them
    if (result.equal === 'unknown') for (const pair of pairs) open.set(JSON.stringify(pair), pair);
    return result;
  });
  if (open.size === 0) return first;
  const known = yield* solved([...open], backend, reward);
  return comparisons.map((comparison, place) =>
    first[place]!.equal === 'unknown'
      ? checked(comparison, (given, reference) => known.get(JSON.stringify(pairOf(given, reference, comparison.options)))!)
      : first[place]!,
  );
}

const checked = ({ given, reference, options }: Comparison, solve: Solve): CheckResult => check(given, reference, options, solve);

const pairOf = (given: string, reference: string, { abs_tolerance, rel_tolerance }: CheckOptions): FormulaPair => ({
  given,
  reference,
  ...(abs_tolerance === undefined ? {} : { abs_tolerance }),
  ...(rel_tolerance === undefined ? {} : { rel_tolerance }),
});

function* solved(
  open: readonly (readonly [key: string, pair: FormulaPair])[],
  backend: string,
  reward: string,
): Asking<ReadonlyMap<string, CheckResult>> {
  const known = new Map<string, CheckResult>();
  for (let start = 0; start < open.length; start += PAIRS_OF_A_CALL) {
    const part = open.slice(start, start + PAIRS_OF_A_CALL);
    const request = { pairs: part.map(([, pair]) => pair) };
    const answer = yield* read<'equivalence'>({ reading: 'equivalence', backend, reward, request });
    for (const [place, [key]] of part.entries()) {
      const result = answer.ok ? answer.response.results[place] : undefined;
      known.set(
        key,
        result ? { how: 'symbolic', equal: result.equal, reason: result.reason } : unknown('symbolic', 'backend_error'),
      );
    }
  }
  return known;
}
