/**
 * For each unescaped `{` that is closed, where its `}` stands. A character after a backslash is skipped, so `\{` opens
 * nothing. One pass, whatever the text.
 */
export function closingBraces(text: string): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '{') open.push(at);
    else if (character === '}') {
      const opening = open.pop();
      if (opening !== undefined) closing.set(opening, at);
    }
  }
  return closing;
}
