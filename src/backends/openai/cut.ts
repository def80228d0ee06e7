/** Where a text ends: at a stop string, at the end of a step, or where it is. */
export interface Cut {
  readonly text: string;
  readonly at: 'stop' | 'step' | 'end';
}

/**
 * Cuts a new text at the first stop string, which it leaves out, or at the end of its first step, whose delimiter it keeps.
 * Both may begin in the text before: the server, which sees only the new one, misses those. A stop string that began there
 * is left to who has the whole text.
 *
 * @param delimiter  undefined where steps do not end it
 */
export function cutText(before: string, text: string, stop: readonly string[], delimiter: string | undefined): Cut {
  const found = firstStop(before, text, stop);
  const stepEnd = delimiter === undefined ? undefined : endOfStep(before, text, delimiter);
  if (found && (stepEnd === undefined || found.end <= stepEnd))
    return { text: text.slice(0, found.start >= 0 ? found.start : found.end), at: 'stop' };
  if (stepEnd !== undefined) return { text: text.slice(0, stepEnd), at: 'step' };
  return { text, at: 'end' };
}

/** The stop string that begins first, of several there the shortest; places are those of the new text. */
function firstStop(before: string, text: string, stop: readonly string[]): { start: number; end: number } | undefined {
  return stop
    .map((string) => {
      const window = before.slice(Math.max(0, before.length - string.length + 1));
      const start = (window + text).indexOf(string) - window.length;
      return { start, end: start + string.length, found: start + window.length >= 0 };
    })
    .filter(({ found }) => found)
    .sort((a, b) => a.start - b.start || a.end - b.end)[0];
}

function endOfStep(before: string, text: string, delimiter: string): number | undefined {
  const open = before.split(delimiter).at(-1)!;
  const start = (open + text).indexOf(delimiter);
  return start < 0 ? undefined : start + delimiter.length - open.length;
}
