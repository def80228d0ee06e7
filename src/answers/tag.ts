import { closingBraces } from './braces.ts';
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

function unboxed(text: string, found: Found): Found {
  const box = found.ok ? /^\\(?:boxed|fbox)\s*\{/.exec(found.raw) : null;
  if (!found.ok || box === null) return found;
  const end = closingBraces(found.raw).get(box[0].length - 1);
  return end === found.raw.length - 1 ? piece(text, found.span[0] + box[0].length, found.span[0] + end) : found;
}
