import type { CheckOf, RuleCheck } from '../../../schemas/rewards/rule.ts';
import type { CheckedText } from './checked-text.ts';
import type { Verdict } from './verdict.ts';

/** What a check asks for beside the text, and cannot do without. */
export type Need = 'reference' | 'answer' | 'tokens';

/** A check that has been read: its pattern is compiled, its expression parsed. */
export interface Check {
  readonly needs: readonly Need[];
  /** @throws Undecided where it cannot be told; any other error is a fault of ours */
  readonly judge: (candidate: CheckedText) => Verdict;
}

/** How a check of one name is read. @throws CheckError where no candidate could pass or fail it */
export type Reader<Name extends RuleCheck['check']> = (check: CheckOf<Name>) => Check;

/** A check of the text alone. */
export const ofText = (judge: Check['judge']): Check => ({ needs: [], judge });
