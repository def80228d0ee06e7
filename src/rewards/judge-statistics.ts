/** What several verdicts of one judge come to. */
import type { Detail, Score } from '../operation.ts';
import { mean, variance } from '../selection/statistics.ts';
import type { Judged } from './judge-ask.ts';

/** Verdicts that at least so many of K must be valid of (methods B.13). */
export const quorum = (samples: number): number => Math.ceil(samples / 2);

/** The most frequent reason, of equal ones the first. */
export function commonest(reasons: readonly string[]): string {
  const counts = counted(reasons);
  return Object.keys(counts).reduce((best, reason) => (counts[reason]! > counts[best]! ? reason : best), reasons[0]!);
}

/** How often each text comes, in the order of their first. */
export function counted(texts: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Object.fromEntries(counts);
}

export const labelsOf = <Label>(judged: readonly Judged<Label>[]): Label[] =>
  judged.flatMap(({ verdict }) => (verdict.ok ? [verdict.label] : []));

export const reasonsOf = (judged: readonly Judged<unknown>[]): string[] =>
  judged.flatMap(({ verdict }) => (verdict.ok ? [] : [verdict.reason]));

const LONGEST_SHOWN = 2000;

/** What a report says of verdicts, whatever they were of. */
export function reportOf(judged: readonly Judged<unknown>[], explain: boolean): Detail {
  const reasons = reasonsOf(judged);
  return {
    samples: judged.length,
    valid: judged.length - reasons.length,
    retried: judged.filter(({ retried }) => retried).length,
    ...(reasons.length > 0 ? { invalid: counted(reasons) } : {}),
    ...(explain ? { texts: judged.map(({ text }) => text.slice(0, LONGEST_SHOWN)) } : {}),
  };
}

/** The failure of a question of which too few verdicts are valid; undefined where enough are. */
export function tooFew(judged: readonly Judged<unknown>[], detail: Detail): Score | undefined {
  const reasons = reasonsOf(judged);
  if (judged.length - reasons.length >= quorum(judged.length)) return undefined;
  return { ok: false, reason: commonest(reasons), detail };
}

/** Mean of the values of one candidate's verdicts, with their spread (methods B.13: the mean beats the mode). */
export const meanScore = (values: readonly number[], detail: Detail): Score => ({
  ok: true,
  value: mean(values),
  detail: { ...detail, std: Math.sqrt(variance(values)) },
});
