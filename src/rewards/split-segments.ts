/** A text cut into segments, each with its place: offsets in UTF-16 code units, the end not included (methods B.4). */
import type { SegmentSplit } from '../../schemas/rewards/segments.ts';

export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** More than this of one candidate is refused: a text of a million full stops would be a million texts to score. */
export const MOST_SEGMENTS = 256;

/** In order; without the white space around them, and without those that are nothing else. `steps` joined are `text`. */
export function splitSegments(text: string, split: SegmentSplit, steps: readonly string[]): Segment[] {
  return pieces(text, split, steps).flatMap((piece) => trimmed(text, piece));
}

function pieces(text: string, split: SegmentSplit, steps: readonly string[]): Segment[] {
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
      // a comma between digits ends nothing: white space must follow
      return sentences(text).flatMap(({ start, end }) =>
        joined(text.slice(start, end).split(/(?<=[,;:\u3001\uff0c\uff1b\uff1a])(?=\s)/), start),
      );
  }
}

/** By Unicode's rules (UAX 29), which no locale changes: a full stop within a number or before a small letter ends nothing. */
const sentences = (text: string): Segment[] =>
  [...new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)].map(({ index, segment }) => ({
    start: index,
    end: index + segment.length,
  }));

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
