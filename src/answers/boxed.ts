import { closingBraces } from './braces.ts';
import { type Found, failed, piece, type Reason } from './extraction.ts';

const BOX = String.raw`\\(?:boxed|fbox)(?![A-Za-z])\s*`;

/** Content of the last complete box that is not empty: `\boxed{...}`, `\fbox{...}` or the run after `\boxed ` (methods G.3). */
export function lastBoxed(text: string): Found {
  const closing = closingBraces(text);
  let reason: Reason = 'no_match';
  for (const box of [...text.matchAll(new RegExp(BOX, 'g'))].reverse()) {
    const start = box.index + box[0].length;
    const [from, end] = contentAt(text, start, closing);
    const found: Found = end === undefined ? failed('unclosed') : piece(text, from, end);
    if (found.ok) return found;
    if (reason === 'no_match') reason = found.reason;
  }
  return failed(reason);
}

/** What was found in `text`, without the box that is around all of it. */
export function unboxed(text: string, found: Found): Found {
  const box = found.ok ? new RegExp(`^${BOX}`).exec(found.raw) : null;
  if (!found.ok || box === null) return found;
  const { raw, span } = found;
  const [from, end] = contentAt(raw, box[0].length, closingBraces(raw));
  const whole = end === raw.length || (end === raw.length - 1 && raw[end] === '}');
  return whole ? piece(text, span[0] + from, span[0] + end) : found;
}

/** Where the content of a box begins and ends that goes on at `start`; it does not end where its brace is not closed. */
function contentAt(text: string, start: number, closing: ReadonlyMap<number, number>): [from: number, end: number | undefined] {
  return text[start] === '{' ? [start + 1, closing.get(start)] : [start, endOfRun(text, start)];
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
