/** Answers found by a regular expression of the config, on RE2. */
import { type Found, failed, piece } from './extraction.ts';
import { Pattern, StepCap, TooManySteps } from './re2.ts';

/** Units of work over all matches: about half a second. */
const MAX_READING = 30_000_000;

/**
 * The last match: its group `answer`, else its first group, else all of it. `timeout` where a search that begins again after
 * each match would read the text too often.
 *
 * @param source  a pattern without a `patternProblem`
 */
export function lastMatch(text: string, source: string): Found {
  const pattern = new Pattern(source);
  const group = pattern.groupNames.answer ?? Math.min(1, pattern.groupCount);
  let last: Found = failed('no_match');
  try {
    for (const match of pattern.matches(text, new StepCap(MAX_READING))) {
      const span = match.group(group);
      if (span === null) continue; // the group has no part in this match
      const found = piece(text, ...span);
      if (found.ok || !last.ok) last = found;
    }
  } catch (error) {
    if (error instanceof TooManySteps) return failed('timeout');
    throw error;
  }
  return last;
}
