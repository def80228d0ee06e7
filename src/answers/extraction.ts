import type { AnswerMethod } from '../../schemas/config.ts';

/** Why no answer was read. A failure is never an empty string, a zero or the whole text: it has no vote (methods G.1). */
export type Reason = 'no_match' | 'empty' | 'ambiguous' | 'unclosed' | 'truncated' | 'timeout';

export type Span = readonly [start: number, end: number];

export interface Failed {
  readonly ok: false;
  readonly reason: Reason;
}

/** A piece of a text, before it has a key. `span` is where it stands, in code units. */
export type Found = { readonly ok: true; readonly raw: string; readonly span: Span } | Failed;

/** How an answer was found: as the config names it, or as its type has it of its own. */
export type Method = AnswerMethod | 'last_line' | 'json' | 'code';

/**
 * The answer of one candidate. Two answers are the same iff their keys are equal strings. `raw` is as written; `span` is
 * the part of the candidate's text that it was read from (for a choice or a JSON value: what it stands in).
 */
export type Extraction = Read | Failed;

export interface Read {
  readonly ok: true;
  readonly raw: string;
  readonly key: string;
  readonly span: Span;
  readonly method: Method;
  /** `duplicate_keys`: an object named a member twice, and the last one counted. */
  readonly note?: 'duplicate_keys';
}

export const failed = (reason: Reason): Failed => ({ ok: false, reason });

/** `text[start, end)` without the white space around it; `empty` when nothing is left. */
export function piece(text: string, start: number, end: number): Found {
  const whole = text.slice(start, end);
  const raw = whole.trim();
  if (raw === '') return failed('empty');
  const from = start + whole.length - whole.trimStart().length;
  return { ok: true, raw, span: [from, from + raw.length] };
}
