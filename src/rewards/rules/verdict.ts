/** What a check says of a candidate. A check that cannot be decided is never a failed one. */
export type Verdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly why: string }
  | { readonly passed: null; readonly why: string };

export const PASSED: Verdict = { passed: true };
export const failedBy = (why: string): Verdict => ({ passed: false, why });
export const undecided = (why: string): Verdict => ({ passed: null, why });

/** Thrown where going on would cost too much, or where what a check asks about is unknown: the check is undecided. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
}

/** A check that no candidate could pass or fail: its pattern, expression or schema is not one. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  /** Member of the check that is at fault. */
  readonly member: string;

  constructor(member: string, message: string) {
    super(message);
    this.member = member;
  }
}

/** `least` to `most` of something, both included: none given is no bound. */
export interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Whether a count lies within bounds; with no bound at all, `least` of them are asked for. */
export function within(found: number, { min, max }: Bounds, what: string, least = 1): Verdict {
  const lower = min ?? (max === undefined ? least : 0);
  if (found < lower) return failedBy(`${found} ${what}, at least ${lower} asked for`);
  if (max !== undefined && found > max) return failedBy(`${found} ${what}, at most ${max} allowed`);
  return PASSED;
}

/** Of several: the first that did not pass, an undecided one only where none failed. */
export function allPassed(verdicts: Iterable<Verdict>): Verdict {
  let open: Verdict | null = null;
  for (const verdict of verdicts) {
    if (verdict.passed === false) return verdict;
    if (verdict.passed === null) open ??= verdict;
  }
  return open ?? PASSED;
}
