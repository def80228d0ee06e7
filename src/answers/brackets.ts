/** What may close each opener. Round and square mix, as half-open intervals do; white ones stand for escaped braces. */
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['(', ')]'],
  ['[', ')]'],
  ['{', '}\u2984'],
  ['\u2983', '}\u2984'],
]);

/**
 * The parts of a bracketed text between its top-level commas, trimmed; one part where there is no comma. Null where the
 * first character is no opener, or where what closes it is not the last character.
 */
export function membersOf(text: string): string[] | null {
  if (!CLOSERS.has(text[0] ?? '')) return null;
  const open: string[] = [];
  const members: string[] = [];
  let start = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const top = open.at(-1);
    if (CLOSERS.has(character)) open.push(character);
    else if (character === ',' && open.length === 1) {
      members.push(text.slice(start, at).trim());
      start = at + 1;
    } else if (')]}\u2984'.includes(character)) {
      if (top === undefined || !CLOSERS.get(top)!.includes(character)) return null;
      open.pop();
      if (open.length === 0 && at < text.length - 1) return null;
    }
  }
  return open.length === 0 ? [...members, text.slice(start, -1).trim()] : null;
}
