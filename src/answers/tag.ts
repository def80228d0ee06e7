import { unboxed } from './boxed.ts';
import { type Found, failed, piece } from './extraction.ts';

const ANSWER_TAG = /<(\/?)answer>/gi;

/** Content of the last complete `<answer>...</answer>` (methods G.2); of its box, where a box is all that it holds. */
export function lastTag(text: string): Found {
  let open: number | null = null;
  let last: readonly [number, number] | null = null;
  for (const tag of text.matchAll(ANSWER_TAG)) {
    if (tag[1] === '') open = tag.index + tag[0].length;
    else if (open !== null) {
      last = [open, tag.index];
      open = null;
    }
  }
  if (last === null) return failed(open === null ? 'no_match' : 'unclosed');
  return unboxed(text, piece(text, ...last));
}
