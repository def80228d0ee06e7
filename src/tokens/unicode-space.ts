/**
 * White_Space of Unicode, which is what `\s` means to the authors of a tokenizer.json. To a JavaScript pattern it means a
 * byte order mark besides, and not the next-line character.
 */
const SPACES = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

// an escape, or a class with what stands in it
const PARTS = /\\.|\[(?:\\.|[^\]\\])*\]/gs;

/** The same pattern with `\s` and `\S` by Unicode. A class that holds `\S` stays as it is: it has no shorter spelling. */
export function unicodeSpaces({ source, flags }: RegExp): RegExp {
  const rewritten = source.replace(PARTS, (part) => {
    if (part === '\\s') return `[${SPACES}]`;
    if (part === '\\S') return `[^${SPACES}]`;
    if (!part.startsWith('[') || part.includes('\\S')) return part;
    return part.replace(/\\./gs, (inner) => (inner === '\\s' ? SPACES : inner));
  });
  return new RegExp(rewritten, flags);
}
