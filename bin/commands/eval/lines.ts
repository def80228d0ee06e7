/** Lines of a file of any length, one at a time. */
import { StringDecoder } from 'node:string_decoder';

/** Numbers count from 1, empty lines included. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly text: null; readonly problem: string };

export const MOST_CHARACTERS = 64 * 1024 * 1024; // of one line: 1,024 candidates of 64 kB

/**
 * The lines that are not blank. One that is too long is told as such and its text skipped, so that no file takes more memory
 * than its longest allowed line.
 */
export async function* readLines(input: AsyncIterable<Buffer | string>, most = MOST_CHARACTERS): AsyncGenerator<Line> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 1;
  let tooLong = false;
  const line = (text: string): Line | null => {
    const one = text.endsWith('\r') ? text.slice(0, -1) : text;
    const said = number === 1 ? one.replace(/^\uFEFF/, '') : one;
    if (tooLong || said.length > most) return { number, text: null, problem: `longer than ${most} characters` };
    return said.trim() === '' ? null : { number, text: said };
  };
  for await (const part of input) {
    const pieces = (rest + (typeof part === 'string' ? part : decoder.write(part))).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      const read = line(piece);
      if (read) yield read;
      number++;
      tooLong = false;
    }
    if (rest.length > most) {
      tooLong = true;
      rest = '';
    }
  }
  const last = line(rest + decoder.end());
  if (last) yield last;
}
