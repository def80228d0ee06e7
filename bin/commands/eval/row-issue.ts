import type { z } from 'zod';

/** The first thing that is wrong with a row: the field, what is allowed, what was given. */
export function issueOf(error: z.ZodError): string {
  const issue = deepest(error.issues[0]!);
  const path = issue.path.reduce<string>(
    (so, key) => (typeof key === 'number' ? `${so}[${key}]` : so === '' ? String(key) : `${so}.${String(key)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys') return `${path === '' ? '' : `${path}: `}the member "${issue.keys[0]}" is not known`;
  const given = issue.input === undefined ? '' : ` (given: ${(JSON.stringify(issue.input) ?? String(issue.input)).slice(0, 80)})`;
  return `${path === '' ? '' : `${path}: `}${issue.message}${given}`;
}

/** Of a union's branches, the one whose first issue lies deepest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap(([first]) => (first ? [deepest(first)] : []));
  const best = inner.reduce<z.core.$ZodIssue | undefined>(
    (so, one) => (so && so.path.length >= one.path.length ? so : one),
    undefined,
  );
  return best && best.path.length > 0 ? { ...best, path: [...issue.path, ...best.path] } : issue;
}
