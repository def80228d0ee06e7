import { type Found, failed, type Span } from './extraction.ts';

interface Block {
  readonly language: string;
  readonly span: Span;
}

/**
 * Content of the last fenced block in `language` (of the last one at all where none is, or none is asked for). A block
 * that the text ends in counts: callers hand over complete texts only (methods G.6).
 */
export function lastCodeBlock(text: string, language?: string): Found {
  const blocks = fencedBlocks(text);
  const wanted = blocks.findLast((block) => block.language === language?.toLowerCase()) ?? blocks.at(-1);
  if (wanted === undefined) return failed('no_match');
  const raw = text.slice(...wanted.span);
  return raw.trim() === '' ? failed('empty') : { ok: true, raw, span: wanted.span };
}

/** Key of a program: its lines without trailing space. Programs that do the same are told by their tests, not by text. */
export function codeKey(code: string): string {
  return code
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { readonly fence: string; readonly language: string; readonly start: number } | null = null;
  let at = 0;
  for (const line of text.split('\n')) {
    const [, fence, info = ''] = /^\s*(`{3,}|~{3,})(.*)/.exec(line) ?? [];
    const next = at + line.length + 1;
    if (open === null) {
      // A backtick after the fence makes it inline code.
      if (fence !== undefined && !info.includes('`'))
        open = { fence, language: firstWord(info), start: Math.min(next, text.length) };
    } else if (fence?.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ language: open.language, span: [open.start, at] });
      open = null;
    }
    at = next;
  }
  return open === null ? blocks : [...blocks, { language: open.language, span: [open.start, text.length] }];
}

const firstWord = (info: string): string => (info.trim().split(/\s/, 1)[0] ?? '').toLowerCase();
