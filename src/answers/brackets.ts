/** Brackets of an answer. Escaped braces are a set and plain ones a group: white brackets stand for the escaped ones. */
const [SET_OPENS, SET_CLOSES] = ['\u2983', '\u2984'];

/** What may close each opener. Round and square mix, as half-open intervals do. */
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['(', ')]'],
  ['[', ')]'],
  ['{', `}${SET_CLOSES}`],
  [SET_OPENS, `}${SET_CLOSES}`],
]);

export const opens = (character: string): boolean => CLOSERS.has(character);
export const closes = (character: string): boolean => `)]}${SET_CLOSES}`.includes(character);

/** A text with white brackets for `\{` and `\}`. */
export const whitened = (text: string): string => text.replaceAll('\\{', SET_OPENS).replaceAll('\\}', SET_CLOSES);
/** A text with `\{` and `\}` again. */
export const escaped = (text: string): string => text.replaceAll(SET_OPENS, '\\{').replaceAll(SET_CLOSES, '\\}');
/** A text with plain braces for white brackets. */
export const braced = (text: string): string => text.replaceAll(SET_OPENS, '{').replaceAll(SET_CLOSES, '}');

/** A set of one. */
export const setOf = (member: string): string => `${SET_OPENS}${member}${SET_CLOSES}`;

/** What a pair of brackets says of what stands in it. */
export type Bracketed =
  | { readonly kind: 'set'; readonly members: readonly string[] }
  /** A tuple or an interval: two members or more. */
  | { readonly kind: 'bracket'; readonly open: string; readonly close: string; readonly members: readonly string[] }
  /** The same as its content. */
  | { readonly kind: 'group'; readonly content: string };

/** Reads a text that is one pair of brackets; null where it is none, or says nothing by it: `()`, `[5]`. */
export function bracketed(text: string): Bracketed | null {
  const members = membersOf(text);
  if (members === null) return null;
  const [open, close] = [text.at(0)!, text.at(-1)!];
  const curly = open === '{' || open === SET_OPENS;
  const [only = ''] = members;
  if (members.length > 1) return curly ? { kind: 'set', members } : { kind: 'bracket', open, close, members };
  if (only === '') return curly ? { kind: 'set', members: [] } : null;
  if (open === SET_OPENS) return { kind: 'set', members };
  return curly || (open === '(' && close === ')') ? { kind: 'group', content: only } : null;
}

/**
 * The parts of a bracketed text between its top-level commas, trimmed; one part where there is no comma. Null where the
 * first character is no opener, or where what closes it is not the last character.
 */
export function membersOf(text: string): string[] | null {
  if (!opens(text[0] ?? '')) return null;
  const open: string[] = [];
  const members: string[] = [];
  let start = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const top = open.at(-1);
    if (opens(character)) open.push(character);
    else if (character === ',' && open.length === 1) {
      members.push(text.slice(start, at).trim());
      start = at + 1;
    } else if (closes(character)) {
      if (top === undefined || !CLOSERS.get(top)!.includes(character)) return null;
      open.pop();
      if (open.length === 0 && at < text.length - 1) return null;
    }
  }
  return open.length === 0 ? [...members, text.slice(start, -1).trim()] : null;
}
