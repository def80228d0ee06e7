/**
 * About how many instructions a regular expression compiles to, told from its text: `(a{10}){100}` is 1,000. To compile one
 * that is too large takes seconds, so it is refused before.
 */
export function patternSize(source: string): number {
  const groups: { total: number; last: number }[] = [{ total: 0, last: 0 }];
  for (let at = 0; at < source.length; ) {
    const group = groups.at(-1)!;
    const next = afterAtom(source, at);
    if (source[at] === '(') groups.push({ total: 0, last: 0 });
    else if (source[at] === ')' && groups.length > 1) {
      groups.pop();
      append(groups.at(-1)!, group.total + 2);
    } else {
      const times = repeats(source, at);
      if (times === null) append(group, next - at > 1 && source[at] !== '\\' ? 1 : next - at);
      else group.total += group.last * (times - 1);
    }
    at = next;
  }
  return groups.reduce((sum, { total }) => sum + total, 0);
}

function append(group: { total: number; last: number }, size: number): void {
  group.total += size;
  group.last = size;
}

/** The most copies that `{n}`, `{n,}` or `{n,m}` at this place makes of what stands before it; null where none is there. */
function repeats(source: string, at: number): number | null {
  const [, least, comma, most] = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(source.slice(at, at + 12)) ?? [];
  if (least === undefined) return null;
  return most ? Math.max(1, 2 * Number(most)) : Math.max(1, Number(least) + (comma ? 1 : 0));
}

/** Where the atom, class, repetition or quotation that begins here ends. */
function afterAtom(source: string, at: number): number {
  if (source[at] === '\\') return source.startsWith('\\Q', at) ? afterQuotation(source, at) : at + 2;
  if (source[at] === '[') return afterClass(source, at);
  if (source[at] === '{' && repeats(source, at) !== null) return source.indexOf('}', at) + 1;
  return at + 1;
}

function afterQuotation(source: string, at: number): number {
  const end = source.indexOf('\\E', at);
  return end < 0 ? source.length : end + 2;
}

/** A bracket that comes first in a class, after ^ too, is a member of it. */
function afterClass(source: string, at: number): number {
  let end = at + (source[at + 1] === '^' ? 2 : 1);
  if (source[end] === ']') end++;
  while (end < source.length && source[end] !== ']') {
    if (source.startsWith('[:', end)) end = Math.max(end + 1, source.indexOf(':]', end) + 1);
    end += source[end] === '\\' ? 2 : 1;
  }
  return end + 1;
}
