/** Runs one check, or a rule, on texts: what a request would say of them, without the request. */
import type { AnswerConfig } from '../../schemas/config.ts';
import { type RuleCheck, ruleCheck } from '../../schemas/rewards/rule.ts';
import { CheckedText } from '../../src/rewards/rules/checked-text.ts';
import { Meter } from '../../src/rewards/rules/meter.ts';
import { readCheck } from '../../src/rewards/rules/read-check.ts';
import { Undecided, undecided, type Verdict } from '../../src/rewards/rules/verdict.ts';

export interface Around {
  readonly prompt?: string;
  readonly answer?: AnswerConfig | null;
  readonly references?: readonly string[];
  readonly tokenCount?: number;
}

/** @throws CheckError where the check is none */
export function judge(given: object, text: string, { tokenCount = 0, ...around }: Around = {}, meter = new Meter()): Verdict {
  const check = readCheck(ruleCheck.parse(given) as RuleCheck);
  meter.begin();
  const candidate = { id: '0.0', text, steps: [text], tokenCount };
  try {
    return check.judge(new CheckedText(candidate, { prompt: 'the question', answer: null, references: [], ...around }, meter));
  } catch (error) {
    if (error instanceof Undecided) return undecided(error.message);
    throw error;
  }
}

/** True passed, false failed, null undecided. */
export const passed = (given: object, text: string, around?: Around): boolean | null => judge(given, text, around).passed;
