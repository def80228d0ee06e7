import { z } from 'zod';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import { type RuleCheck, type RuleConfig, requirement, ruleChecks } from '../../schemas/rewards/rule.ts';
import type { Prefix, Score } from '../operation.ts';
import { defineReward, type Named, PROBABILITY, type RewardTask, type Subject } from './define.ts';
import { promptText } from './prompt-text.ts';
import type { Check, Need } from './rules/check.ts';
import { CheckedText, MAX_TEXT } from './rules/checked-text.ts';
import { Meter } from './rules/meter.ts';
import { readCheck } from './rules/read-check.ts';
import { CheckError, Undecided, undecided, type Verdict } from './rules/verdict.ts';

/** Each check of a request is read when its body is: one that no candidate could pass or fail is refused. */
const options = z.strictObject({
  checks: ruleChecks
    .superRefine((checks, context) => {
      for (const [place, check] of checks.entries()) {
        const fault = faultOf(check);
        if (fault) context.addIssue({ code: 'custom', path: [place, fault.member], message: fault.message });
      }
    })
    .optional()
    .describe('After those of the config.'),
  require: requirement.optional(),
});
type Options = z.output<typeof options>;
type Rule = Pick<Named<RuleConfig, Options>, 'config' | 'options'>;

/** Why a check cannot be read; null where it can. */
export function faultOf(check: RuleCheck): CheckError | null {
  try {
    readCheck(check);
    return null;
  } catch (error) {
    if (error instanceof CheckError) return error;
    throw error;
  }
}

/**
 * Checks of the text that ask no model (methods B.5). The score is the weighted share of checks that pass, or with
 * `require: "all"` 1 or 0. A check that cannot be decided is no failed one: where it could change the score, there is none.
 */
export const rule = defineReward({
  kind: 'rule',
  title: 'Checks of the text: patterns, schemas, expressions, counts, formats, answers.',
  options,
  readings: () => 0,
  dependsOn: (named) => (checksOf(named).some(mayCountTokens) ? 'candidate' : 'text'),
  scale: () => PROBABILITY,
  cost: 'no model; a bounded number of steps for each check',
  refuse,
  faults: ({ config }) =>
    config.checks.flatMap((check, place) => {
      const fault = faultOf(check);
      return fault ? [`checks[${place}].${fault.member}: ${fault.message}`] : [];
    }),
  *score(task) {
    const checks = checksOf(task).map((check) => ({ ...check, read: readCheck(check) }));
    const require = task.options.require ?? task.config.require;
    const meter = new Meter();
    return task.candidates.map((candidate) => scored(verdictsOf(candidate, checks, task, meter), checks, require));
  },
});

const checksOf = ({ config, options }: Rule): RuleCheck[] => [...config.checks, ...(options.checks ?? [])];

/** Told from the check as it is written: it is asked before each scoring, and to read a check takes a millisecond. */
const mayCountTokens = (check: RuleCheck): boolean =>
  check.check === 'length' ? check.unit === 'tokens' : check.check === 'cel' && check.expression.includes('tokens');

const needed = (rule: Rule, need: Need): boolean => checksOf(rule).some((check) => readCheck(check).needs.includes(need));

function refuse(named: Named<RuleConfig, Options>, subject: Subject, param: string): void {
  if (checksOf(named).length === 0)
    throw new WinnowError(
      'missing_required_parameter',
      `The reward ${quoted(named.name)} has no check. Give it some, as in {"name": ${JSON.stringify(named.name)}, "checks": [{"check": "length", "unit": "words", "max": 50}]}.`,
      { param },
    );
  const missing = (what: string, todo: string) =>
    new WinnowError('capability_missing', `A check of the reward ${quoted(named.name)} needs ${what}. ${todo}`, { param });
  if (subject.references.length === 0 && needed(named, 'reference'))
    throw missing('a right answer, and the request has no `reference`', 'Give one.');
  if (subject.answer === null && needed(named, 'answer'))
    throw missing(
      `the answer of a candidate, and the policy ${quoted(subject.policy)} reads none`,
      'Set `answer` of the policy, or check the text.',
    );
}

function verdictsOf(
  candidate: Prefix,
  checks: readonly { readonly read: Check }[],
  { prompt, subject }: Pick<RewardTask<RuleConfig, Options>, 'prompt' | 'subject'>,
  meter: Meter,
): Verdict[] {
  if (candidate.text.length > MAX_TEXT) return checks.map(() => undecided(`more than ${MAX_TEXT} characters`));
  const text = new CheckedText(candidate, { ...subject, prompt: promptText(prompt) }, meter);
  return checks.map(({ read }) => {
    meter.begin();
    try {
      return read.judge(text);
    } catch (error) {
      if (error instanceof Undecided) return undecided(error.message);
      throw error;
    }
  });
}

function scored(verdicts: readonly Verdict[], checks: readonly RuleCheck[], require: RuleConfig['require']): Score {
  const detail = { checks: verdicts.map((verdict, place) => ({ check: nameOf(checks[place]!), ...verdict })) };
  const failed = verdicts.some(({ passed }) => passed === false);
  // one that failed decides for all, whatever the undecided ones would say
  if (require === 'all' && failed) return { ok: true, value: 0, detail };
  if (verdicts.some(({ passed }) => passed === null)) return { ok: false, reason: 'undecided', detail };
  const weight = (place: number) => checks[place]!.weight ?? 1;
  const sum = (places: readonly number[]) => places.reduce((total, place) => total + weight(place), 0);
  const places = verdicts.map((_, place) => place);
  // all passed is exactly 1, whatever rounding would make of the sums
  if (!failed) return { ok: true, value: 1, detail };
  return { ok: true, value: sum(places.filter((place) => verdicts[place]!.passed)) / sum(places), detail };
}

const nameOf = ({ name, check }: RuleCheck): string => name ?? check;
