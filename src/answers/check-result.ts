/** What a comparison of two answers says. */

export type How =
  | 'text'
  | 'number'
  | 'percent'
  | 'unit'
  | 'set'
  | 'list'
  | 'tuple'
  | 'interval'
  | 'choice'
  | 'json'
  | 'code'
  | 'symbolic';

/** Why not, or why it cannot be told. */
export type CheckReason =
  | 'different'
  | 'different_kinds'
  | 'different_units'
  | 'unit_missing'
  | 'different_ends'
  | 'different_length'
  | 'not_a_number'
  | 'not_a_choice'
  | 'not_json'
  | 'percent_against_number'
  | 'reference_is_no_number'
  | 'reference_is_no_choice'
  | 'reference_is_no_json'
  | 'ambiguous'
  | 'empty'
  | 'too_long'
  | 'too_deep'
  | 'too_many_members'
  | 'programs_need_tests'
  | 'needs_symbolic'
  | 'not_understood'
  | 'not_allowed'
  | 'not_decided'
  | 'timeout'
  | 'no_backend'
  | 'backend_error';

export interface CheckResult {
  readonly equal: boolean | 'unknown';
  /** What the two were compared as. */
  readonly how: How;
  /** Null where they are equal. */
  readonly reason: CheckReason | null;
}

/** Decides by computer algebra whether two formulas are the same. */
export type Solve = (given: string, reference: string) => CheckResult;

export const decided = (how: How, equal: boolean, reason: CheckReason = 'different'): CheckResult => ({
  equal,
  how,
  reason: equal ? null : reason,
});

export const unknown = (how: How, reason: CheckReason): CheckResult => ({ equal: 'unknown', how, reason });

/** One of a whole: all equal is equal, one that differs is enough, else what could not be told decides. */
export function allOf(how: How, results: Iterable<CheckResult>): CheckResult {
  let open: CheckResult | null = null;
  for (const { equal, reason } of results) {
    if (equal === false) return { equal: false, how, reason };
    if (equal === 'unknown') open ??= { equal: 'unknown', how, reason };
  }
  return open ?? decided(how, true);
}
