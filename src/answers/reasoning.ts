const THINK_TAG = /<(\/?)think(?:ing)?>/gi;

/**
 * The text with its think blocks blanked by spaces, so that every position stays where it was. A closing tag before any
 * opening one ends a block that the prompt's template opened. Null when a block is still open: the answer was not reached.
 */
export function withoutReasoning(text: string): string | null {
  let said = '';
  let kept = 0;
  let open: number | null = null;
  for (const tag of text.matchAll(THINK_TAG)) {
    const end = tag.index + tag[0].length;
    if (tag[1] === '') {
      open ??= tag.index;
      continue;
    }
    const start: number = open ?? (kept === 0 ? 0 : tag.index);
    said += text.slice(kept, start) + ' '.repeat(end - start);
    kept = end;
    open = null;
  }
  return open === null ? said + text.slice(kept) : null;
}
