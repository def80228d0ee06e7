import { canonicalKey, type Key } from './canonical.ts';
import { type Extraction, failed, type Span } from './extraction.ts';
import {
  canonicalJson,
  type JsonDocument,
  type JsonValue,
  MAX_JSON_DEPTH,
  MAX_JSON_LENGTH,
  parseJson,
  pointedTo,
} from './json-value.ts';

/** Brackets of prose may follow the JSON; a failed parse of each of 30,000 would take 0.2 s. */
const MAX_TRIED = 16;

/**
 * The value at `pointer` (RFC 6901; '' is all of it) in the last balanced object or array of the text (methods G.6). A
 * number or a string has the key of what it says, an object or array canonical JSON; null is `empty`.
 */
export function lastJson(text: string, pointer = ''): Extraction {
  const { spans, unclosed } = balanced(text);
  for (const span of spans.slice(-MAX_TRIED).reverse()) {
    const document =
      span.depth > MAX_JSON_DEPTH || span.end - span.start > MAX_JSON_LENGTH ? null : parseJson(text.slice(span.start, span.end));
    if (document) return valueIn(document, pointer, [span.start, span.end]);
  }
  return failed(unclosed ? 'unclosed' : 'no_match');
}

function valueIn({ root, duplicateKeys }: JsonDocument, pointer: string, span: Span): Extraction {
  const value = pointedTo(root, pointer);
  if (value === undefined) return failed('no_match');
  const raw = written(value);
  const key = keyOf(value, raw);
  if (!key.ok) return key;
  return { ok: true, raw, key: key.key, span, method: 'json', ...(duplicateKeys && { note: 'duplicate_keys' }) };
}

function written(value: JsonValue): string {
  if (value.kind === 'number') return value.source;
  return value.kind === 'string' ? value.value : canonicalJson(value);
}

function keyOf(value: JsonValue, raw: string): Key {
  if (value.kind === 'number' || value.kind === 'string') return canonicalKey(raw);
  if (value.kind === 'literal') return value.value === null ? failed('empty') : { ok: true, key: `x:${raw}` };
  return { ok: true, key: raw };
}

interface Balanced {
  readonly start: number;
  readonly end: number;
  /** Brackets inside brackets, itself counted. */
  readonly depth: number;
}

/**
 * Balanced objects and arrays that stand in no other one, in order. Quotes count inside brackets only, and to the end of
 * their line at most (JSON has no line break in a string), so that prose with a stray bracket or quote hides nothing.
 */
function balanced(text: string): { readonly spans: Balanced[]; readonly unclosed: boolean } {
  const spans: Balanced[] = [];
  let open: { readonly start: number; readonly closer: string; depth: number }[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"' || character === '\n') quoted = false;
    } else if (character === '{' || character === '[') open.push({ start: at, closer: character === '{' ? '}' : ']', depth: 1 });
    else if (character === '"') quoted = open.length > 0;
    else if (character === '}' || character === ']') {
      const closed = open.pop();
      if (closed?.closer !== character) {
        open = [];
        continue;
      }
      const outer = open.at(-1);
      if (outer) outer.depth = Math.max(outer.depth, closed.depth + 1);
      while (spans.length > 0 && spans.at(-1)!.start > closed.start) spans.pop();
      spans.push({ start: closed.start, end: at + 1, depth: closed.depth });
    }
  }
  return { spans, unclosed: open.length > 0 };
}
