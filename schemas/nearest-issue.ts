import type { z } from 'zod';

/**
 * Of a union's branches the issue of the one that was nearest to fit: whose first issue lies deepest, the first of equal ones.
 * Where none of them takes a value of that type, the union's own, which then says what all of them take.
 */
export function nearestIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap(([first]) => (first ? [nearestIssue(first)] : []));
  const deepest = inner.toSorted((a, b) => depth(b) - depth(a))[0];
  if (deepest && (deepest.path.length > 0 || deepest.code !== 'invalid_type'))
    return { ...deepest, path: [...issue.path, ...deepest.path] };
  const types = [...new Set(inner.flatMap((one) => (one.code === 'invalid_type' ? [one.expected] : [])))];
  if (types.length === 0 || issue.message !== UNSAID) return issue;
  return { ...issue, message: `${UNSAID}: expected ${types.join(' or ')}` };
}

const UNSAID = 'Invalid input'; // of a union whose schema has no message of its own

/** A refusal by name says more than a wrong type at the same depth. */
const depth = (issue: z.core.$ZodIssue): number => 2 * issue.path.length + (issue.code === 'invalid_type' ? 0 : 1);
