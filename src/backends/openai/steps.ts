/** How many steps a text has that follows another, and where in its tokens they end (schemas/backend.ts). */
export interface Steps {
  readonly step: number;
  readonly stepEnds: readonly number[];
}

/**
 * Counts the steps of `before` + `text`.
 *
 * @param ends  length of the text after each of its tokens
 * @param resumed  the text goes on with the open step of `before` even where it is empty
 */
export function countSteps(
  delimiter: string,
  { before, text, ends, resumed }: { before: string; text: string; ends: readonly number[]; resumed: boolean },
): Steps {
  const parts = before.split(delimiter);
  const open = parts.at(-1)!;
  const joined = (open + text).split(delimiter);
  const stepEnds: number[] = [];
  let at = -open.length;
  for (const part of joined.slice(0, -1)) {
    at += part.length + delimiter.length;
    stepEnds.push(tokensUpTo(at, ends));
  }
  const rest = joined.at(-1)!;
  if (rest !== '' && (stepEnds.length > 0 || text !== '' || resumed)) stepEnds.push(tokensUpTo(text.length, ends));
  return { step: parts.length - 1 + joined.length - 1 + (rest === '' ? 0 : 1), stepEnds };
}

function tokensUpTo(length: number, ends: readonly number[]): number {
  if (length <= 0) return 0;
  const place = ends.findIndex((end) => end >= length);
  return place < 0 ? ends.length : place + 1;
}
