import type { AnswerConfig, AnswerMethod } from '../../schemas/config.ts';
import { MAX_LENGTH, unwrapped } from './canonical.ts';
import { type Extraction, type Found, failed, piece, type Reason } from './extraction.ts';
import { METHODS } from './methods.ts';

/** A letter that is a word, upper case; or in parentheses, of either case. `A` and `a` of a sentence are articles too. */
const LETTERS = /(?<!\p{L})([A-Z])(?!\p{L})|\(([a-z])\)/gu;

/** In this order; of each only the last occurrence counts (methods G.5). */
const USUAL = ['tag', 'boxed', 'phrase', 'last_line'] as const;

type Level = AnswerMethod | 'last_line';

const find = (level: Level, text: string, config: AnswerConfig): Found =>
  level === 'last_line' ? lastLine(text) : METHODS[level].find(text, config);

/**
 * The letter that a text decides for, of those allowed. Two different ones in the occurrence that decides are `ambiguous`.
 * Where `methods` are configured, only those are tried, and the last line is not.
 */
export function choice(text: string, complete: boolean, config: AnswerConfig): Extraction {
  const { choices = 'ABCDE', methods } = config;
  let reason: Reason = 'no_match';
  const levels: readonly Level[] = methods ?? USUAL;
  for (const method of levels) {
    if (!complete && (method === 'last_line' || !METHODS[method].marked)) continue;
    const found = find(method, text, config);
    if (!found.ok && reason === 'no_match') reason = found.reason;
    if (!found.ok || found.raw.length > MAX_LENGTH) continue;
    const content = unwrapped(found.raw).trim();
    const named = new Set(Array.from(content.matchAll(LETTERS), ([, upper, lower]) => upper ?? lower!.toUpperCase()));
    const raw = method === 'phrase' ? first(content) : alone(content);
    if (Array.from(named).filter((name) => choices.includes(name)).length > 1) return failed('ambiguous');
    if (raw !== null && choices.includes(raw.toUpperCase())) {
      return { ok: true, raw, key: `x:${raw.toLowerCase()}`, span: found.span, method };
    }
  }
  return failed(reason);
}

/** The letter of a content that is nothing else, but for brackets, punctuation and the word "option", "choice" or "answer". */
function alone(content: string): string | null {
  const bare = content.replace(/[()[\].:\s*$]/g, '').replace(/^(?:option|choice|answer)(?=.)/i, '');
  return /^[A-Z]$/.test(bare) || (/^[a-z]$/.test(bare) && content.includes(`(${bare})`)) ? bare : null;
}

/** The letter that a content begins with. */
function first(content: string): string | null {
  // The head is enough, and the two runs of the pattern would take quadratic time on a long one.
  const [, lower, upper] =
    /^[\s([{*$"':]*(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\b[\s([{*$"':]*)?(?:(?<=\()([a-z])\)|([A-Z])(?!\p{L}))/u.exec(
      content.slice(0, 64),
    ) ?? [];
  return lower ?? upper ?? null;
}

function lastLine(text: string): Found {
  const end = text.trimEnd().length;
  return piece(text, text.lastIndexOf('\n', end - 1) + 1, end);
}
