import type { StepRule } from '../../../schemas/step.ts';
import type { Standing } from '../../answers/step-count.ts';
import { stepEnd as ending } from '../../answers/steps.ts';

/** Where a text ends: at a stop string, at the end of a step, or where it is. */
export interface Cut {
  readonly text: string;
  readonly at: 'stop' | 'step' | 'end';
}

/**
 * Cuts a new text at the first stop string, which it leaves out, or at the end of its first step, with what ends it.
 * Both may begin in the text before: the server, which sees only the new one, misses those. A stop string that began there
 * is left to who has the whole text.
 *
 * @param step  undefined where steps do not end it
 */
export function cutText(before: Standing, text: string, stop: readonly string[], step: StepRule | undefined): Cut {
  const found = firstStop(before.text, text, stop);
  const stepEnd = step === undefined ? undefined : endOfStep(before, text, step);
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

/** A match that reaches to the end of the text may still grow: it ends nothing yet. */
function endOfStep({ text: before, openFrom }: Standing, text: string, step: StepRule): number | undefined {
  const end = ending(step)(before + text, openFrom, false);
  return end === null ? undefined : Math.max(0, end - before.length);
}
