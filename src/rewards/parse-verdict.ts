/** What a judge decided, out of what it wrote (methods B.13): by its verdict alone, never by what its reasons mention. */
import type { z } from 'zod';
import { lastJson } from '../answers/json.ts';
import { withoutReasoning } from '../answers/reasoning.ts';

/** Why no verdict was read: reasoning without an end, no verdict at all, two that differ, or one that is not allowed. */
export type Unread = 'unclosed_reasoning' | 'no_verdict' | 'conflicting_verdicts' | 'unknown_verdict';

export type Verdict<Label> = { readonly ok: true; readonly label: Label } | { readonly ok: false; readonly reason: Unread };

/** One label as it is written inside a tag; undefined where it is none. */
export type ReadLabel<Label> = (written: string) => Label | undefined;

const unread = (reason: Unread) => ({ ok: false, reason }) as const;

/**
 * The label in the last closed `<TAG>...</TAG>` after think blocks are taken out. Two tags with different labels make it
 * invalid, whichever came last (methods B.15); what is outside of tags is never looked at.
 */
export function tagVerdict<Label>(text: string, tag: string, read: ReadLabel<Label>): Verdict<Label> {
  const said = withoutReasoning(text);
  if (said === null) return unread('unclosed_reasoning');
  const labels = contents(said, tag).map(read);
  const known = new Set(labels.filter((label) => label !== undefined));
  if (known.size > 1) return unread('conflicting_verdicts');
  if (labels.length === 0) return unread('no_verdict');
  const last = labels.at(-1);
  return last === undefined ? unread('unknown_verdict') : { ok: true, label: last };
}

/** What stands in each closed tag, from the innermost opening one. */
function contents(text: string, tag: string): string[] {
  const found: string[] = [];
  let open: number | null = null;
  for (const { 0: whole, 1: slash, index } of text.matchAll(new RegExp(`<(/?)${tag}>`, 'gi'))) {
    if (slash === '') open = index + whole.length;
    else if (open !== null) {
      found.push(text.slice(open, index));
      open = null;
    }
  }
  return found;
}

/** Characters in which a verdict ends: a server of others may write megabytes. */
const LONGEST_JSON = 65_536;

/** The last balanced JSON object after think blocks are taken out, read by its schema. A name that comes twice is two verdicts. */
export function jsonVerdict<Label>(text: string, schema: z.ZodType<Label>): Verdict<Label> {
  const said = withoutReasoning(text);
  if (said === null) return unread('unclosed_reasoning');
  const found = lastJson(said.slice(-LONGEST_JSON));
  if (!found.ok) return unread('no_verdict');
  if (found.note === 'duplicate_keys') return unread('conflicting_verdicts');
  const read = schema.safeParse(JSON.parse(found.raw));
  return read.success ? { ok: true, label: read.data } : unread('unknown_verdict');
}

const LONGEST_LABEL = 64;

/** Without the white space and the brackets around it; empty where it is longer than any label. */
const bare = (written: string): string =>
  written.length > LONGEST_LABEL ? '' : written.replace(/^[\s[\](){}]+/, '').replace(/[\s[\](){}]+$/, '');

/** Exactly one of the labels, in any case. */
export const oneOf =
  <Label extends string>(labels: readonly Label[]): ReadLabel<Label> =>
  (written) => {
    const said = bare(written).toLowerCase();
    return labels.find((label) => label.toLowerCase() === said);
  };

/** A whole number of the scale and nothing beside it: neither "3/4" nor "8.5" is one, and what lies outside is not moved in. */
export const wholeNumber =
  (least: number, most: number): ReadLabel<number> =>
  (written) => {
    const said = bare(written);
    if (!/^[+-]?\d{1,4}$/.test(said)) return undefined;
    const value = Number(said) + 0; // "-0" is 0
    return value >= least && value <= most ? value : undefined;
  };
