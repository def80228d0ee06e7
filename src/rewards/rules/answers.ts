/** Checks of what a candidate finally says (methods B.5, G.8). */
import type { CheckOptions } from '../../../schemas/check.ts';
import { quoted } from '../../../schemas/errors.ts';
import type { CheckOf } from '../../../schemas/rewards/rule.ts';
import { canonicalKey } from '../../answers/canonical.ts';
import { check } from '../../answers/check.ts';
import { type CheckResult, decided } from '../../answers/check-result.ts';
import { lastNumber } from '../../answers/last-number.ts';
import type { Reader } from './check.ts';
import type { CheckedText } from './checked-text.ts';
import { CheckError, failedBy, PASSED, undecided, type Verdict } from './verdict.ts';

type Match = CheckOf<'match'>;

const COMPARED_AS: Readonly<Record<Exclude<Match['mode'], 'exact'>, CheckOptions>> = {
  text: { type: 'text' },
  numeric: { type: 'number' },
  set: { type: 'auto', lists: 'unordered' },
  choice: { type: 'choice' },
};

/** Against the right answers of the request: any of them will do. */
export const match: Reader<'match'> = ({ mode, of, options }) => ({
  needs: of === 'answer' ? ['reference', 'answer'] : ['reference'],
  judge(candidate) {
    const given = said(candidate, of ?? (candidate.answerType === null ? 'text' : 'answer'));
    if (typeof given !== 'string') return given;
    candidate.meter.spend(candidate.references.length * 1000);
    return anyOf(candidate.references.map((reference) => compared(given, reference, mode, options)));
  },
});

function compared(given: string, reference: string, mode: Match['mode'], options: Match['options']): CheckResult {
  if (mode !== 'exact') return check(given, reference, { ...options, ...COMPARED_AS[mode] });
  return decided('text', given.trim() === reference.trim());
}

function said(candidate: CheckedText, of: 'text' | 'answer'): string | Verdict {
  if (of === 'text') return candidate.text;
  const { answer } = candidate;
  return answer.ok ? answer.raw : failedBy(`no answer is read in it: ${answer.reason}`);
}

/** One equal is enough; else one that could not be told leaves it open. */
function anyOf(results: readonly CheckResult[]): Verdict {
  if (results.some(({ equal }) => equal === true)) return PASSED;
  const open = results.find(({ equal }) => equal === 'unknown');
  return open ? undecided(`not to be told: ${open.reason}`) : failedBy(results[0]?.reason ?? 'no reference');
}

/** The answer is this one, compared as the policy's answers are. */
export const answerEquals: Reader<'answer_equals'> = ({ value, options }) => ({
  needs: ['answer'],
  judge(candidate) {
    const given = said(candidate, 'answer');
    if (typeof given !== 'string') return given;
    candidate.meter.spend(1000);
    return anyOf([check(given, value, { type: candidate.answerType ?? 'auto', ...options })]);
  },
});

/** A number between two bounds, both included. */
export const numericRange: Reader<'numeric_range'> = ({ min, max, of }) => {
  if (min === undefined && max === undefined) throw new CheckError('min', 'Give `min` or `max`.');
  if (min !== undefined && max !== undefined && min > max) throw new CheckError('min', `No number is from ${min} to ${max}.`);
  return {
    needs: of === 'answer' ? ['answer'] : [],
    judge(candidate) {
      const given = of === 'answer' ? said(candidate, of) : numberIn(candidate);
      if (typeof given !== 'string') return given;
      const value = numberOf(given);
      if (value === null) return failedBy(`${quoted(given)} is no number`);
      if (min !== undefined && value < min) return failedBy(`${quoted(given)} is below ${min}`);
      return max !== undefined && value > max ? failedBy(`${quoted(given)} is above ${max}`) : PASSED;
    },
  };
};

function numberIn({ text, meter }: CheckedText): string | Verdict {
  meter.spend(1 + text.length);
  const found = lastNumber(text);
  return found.ok ? found.raw : failedBy('it holds no number');
}

function numberOf(text: string): number | null {
  const key = canonicalKey(text);
  const [, numerator, denominator] = key.ok ? (/^[qp]:(-?\d+)\/(\d+)$/.exec(key.key) ?? []) : [];
  return numerator === undefined ? null : Number(numerator) / Number(denominator);
}
