/** A text cut into segments, each with its place: offsets in UTF-16 code units, the end not included (methods B.4). */
import type { SegmentSplit } from '../../schemas/rewards/segments.ts';

export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** More than this of one candidate is refused: a text of a million full stops would be a million texts to score. */
export const MOST_SEGMENTS = 256;

/**
 * In order; without the white space around them, and without those that are nothing else. One more than `MOST_SEGMENTS` is
 * the last that is looked for. `steps` joined are `text`.
 */
export function splitSegments(text: string, split: SegmentSplit, steps: readonly string[]): Segment[] {
  const found: Segment[] = [];
  for (const piece of pieces(text, split, steps)) {
    found.push(...trimmed(text, piece));
    if (found.length > MOST_SEGMENTS) break;
  }
  return found;
}

function pieces(text: string, split: SegmentSplit, steps: readonly string[]): Iterable<Segment> {
  switch (split) {
    case 'step':
      return joined(steps);
    case 'line':
      return joined(text.split(/(?<=\n)/));
    case 'paragraph':
      return joined(text.split(/(?<=\n)(?=\n)/)); // an empty line stands at the front of the next one, and is trimmed
    case 'sentence':
      return sentences(text);
    case 'clause':
      return clauses(text);
  }
}

/** By Unicode's rules (UAX 29), which no locale changes: a full stop within a number or before a small letter ends nothing. */
function* sentences(text: string): Generator<Segment> {
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  for (const { index, segment } of segmenter.segment(text)) yield { start: index, end: index + segment.length };
}

/** A comma between digits ends nothing: white space must follow. */
function* clauses(text: string): Generator<Segment> {
  for (const { start, end } of sentences(text))
    yield* joined(text.slice(start, end).split(/(?<=[,;:\u3001\uff0c\uff1b\uff1a])(?=\s)/), start);
}

function joined(parts: readonly string[], from = 0): Segment[] {
  let end = from;
  return parts.map((part) => {
    const start = end;
    end += part.length;
    return { start, end };
  });
}

function trimmed(text: string, { start, end }: Segment): Segment[] {
  const piece = text.slice(start, end);
  const kept = piece.trim();
  if (kept === '') return [];
  const begin = start + piece.indexOf(kept);
  return [{ start: begin, end: begin + kept.length }];
}
