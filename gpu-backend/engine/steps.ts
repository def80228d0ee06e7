import { tokensUpTo } from '../../src/tokens/tokens-up-to.ts';
import { openStep } from './stop.ts';

/** How a text that follows another is cut into steps. */
export interface StepCount {
  /** Steps of both texts together. */
  readonly step: number;
  /** For each step that ends in the new text, the open last one included: tokens of the new text up to its end. */
  readonly stepEnds: readonly number[];
}

/**
 * Counts the steps of `before` + `text`.
 *
 * @param ends  length of the new text after each of its tokens
 * @param resumed  the new text goes on with the open step of `before` even where it is empty
 */
export function countSteps(
  delimiter: string,
  { before, text, ends, resumed }: { before: string; text: string; ends: readonly number[]; resumed: boolean },
): StepCount {
  const open = openStep(before, delimiter);
  const stepEnds: number[] = [];
  const joined = open + text;
  let from = 0;
  for (let at = joined.indexOf(delimiter); at >= 0; at = joined.indexOf(delimiter, from)) {
    from = at + delimiter.length;
    stepEnds.push(tokensUpTo(from - open.length, ends));
  }
  const rest = joined.length - from;
  const complete = before.split(delimiter).length - 1 + stepEnds.length;
  const startedHere = rest > 0 && (from > 0 || text !== '' || resumed);
  if (startedHere) stepEnds.push(tokensUpTo(text.length, ends));
  return { step: complete + (rest > 0 ? 1 : 0), stepEnds };
}
