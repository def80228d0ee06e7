import { closingBraces } from './braces.ts';
import { type Found, failed, piece, type Reason } from './extraction.ts';

const BOX = /\\(?:boxed|fbox)(?![A-Za-z])\s*/g;

/** Content of the last complete box that is not empty: `\boxed{...}`, `\fbox{...}` or the run after `\boxed ` (methods G.3). */
export function lastBoxed(text: string): Found {
  const closing = closingBraces(text);
  let reason: Reason = 'no_match';
  for (const box of [...text.matchAll(BOX)].reverse()) {
    const start = box.index + box[0].length;
    const end = text[start] === '{' ? closing.get(start) : endOfRun(text, start);
    const found: Found = end === undefined ? failed('unclosed') : piece(text, text[start] === '{' ? start + 1 : start, end);
    if (found.ok) return found;
    if (reason === 'no_match') reason = found.reason;
  }
  return failed(reason);
}

/** A box without braces goes on to a space, `$`, `;`, or a `.` or `,` that no digit follows. */
function endOfRun(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (/[\s$;]/.test(character)) return at;
    if ((character === '.' || character === ',') && !/\d/.test(text[at + 1] ?? '')) return at;
  }
  return text.length;
}
