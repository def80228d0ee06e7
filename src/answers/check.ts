/**
 * Whether an answer is the right one (methods G.8). For a comparison with a reference only: tolerance is no equivalence, so
 * clusters are made by canonical keys.
 */
import type { CheckOptions } from '../../schemas/check.ts';
import { canonicalKey, MAX_LENGTH } from './canonical.ts';
import { checkJson } from './check-json.ts';
import { type CheckResult, decided, type Solve, unknown } from './check-result.ts';
import { choice } from './choice.ts';
import { codeKey } from './code-block.ts';
import { compared } from './compare.ts';
import { prepared } from './value.ts';

export type { CheckOptions } from '../../schemas/check.ts';
export type { CheckResult, Solve } from './check-result.ts';

/**
 * Compares a given answer with a reference. Pure, synchronous, bounded: above 2000 characters it is `unknown`.
 *
 * @param solve  decides what takes computer algebra, as `(x+1)^2` and `x^2+2x+1`; where absent such a pair is `unknown` with
 *               the reason `needs_symbolic`. `src/rewards/equivalence.ts` is the solver that asks a gpu-backend.
 * @returns `unknown` where it cannot be told: never a false for what was not understood
 */
export function check(given: string, reference: string, options: CheckOptions = {}, solve: Solve = unsolved): CheckResult {
  const type = options.type ?? 'auto';
  if (type === 'json') return checkJson(given, reference, options);
  if (type === 'code') return sameCode(given, reference);
  if (given.length > MAX_LENGTH || reference.length > MAX_LENGTH) return unknown('text', 'too_long');
  if (given.trim() === '' || reference.trim() === '') return unknown('text', 'empty');
  return CHECKS[type](given, reference, options, solve);
}

const unsolved: Solve = () => unknown('symbolic', 'needs_symbolic');

const CHECKS: Readonly<
  Record<
    'auto' | 'text' | 'number' | 'choice',
    (given: string, reference: string, options: CheckOptions, solve: Solve) => CheckResult
  >
> = {
  auto: (given, reference, options, solve) => compared(prepared(given), prepared(reference), options, solve),
  text: sameText,
  number: sameNumber,
  choice: sameChoice,
};

function sameText(given: string, reference: string): CheckResult {
  const [a, b] = [canonicalKey(given, false), canonicalKey(reference, false)];
  if (!a.ok || !b.ok) return unknown('text', 'empty');
  return decided('text', a.key === b.key, 'different');
}

function sameNumber(given: string, reference: string, options: CheckOptions, solve: Solve): CheckResult {
  // what stands beside a number is dressing here (methods G.9)
  const result = compared(prepared(given), prepared(reference), { units: 'optional', ...options }, solve);
  const right = canonicalKey(reference);
  if (result.equal === false && right.ok && right.key.startsWith('x:') && !/\d/.test(right.key))
    return unknown('number', 'reference_is_no_number');
  return result.reason === 'different_kinds' ? decided('number', false, 'not_a_number') : result;
}

function sameChoice(given: string, reference: string, { choices }: CheckOptions): CheckResult {
  const letter = (text: string) => choice(text, true, { type: 'choice', ...(choices === undefined ? {} : { choices }) });
  const right = letter(bare(reference));
  if (!right.ok) return unknown('choice', 'reference_is_no_choice');
  const said = letter(bare(given));
  if (said.ok) return decided('choice', said.key === right.key, 'different');
  return said.reason === 'ambiguous' ? unknown('choice', 'ambiguous') : decided('choice', false, 'not_a_choice');
}

/** An answer that was read already is the letter itself, of either case. */
const bare = (text: string): string => (/^\s*[a-z]\s*$/.test(text) ? text.toUpperCase() : text);

/** Programs of one text are the same; of two texts only their tests can tell (methods G.6). */
function sameCode(given: string, reference: string): CheckResult {
  if (given.trim() === '' || reference.trim() === '') return unknown('code', 'empty');
  return codeKey(given) === codeKey(reference) ? decided('code', true) : unknown('code', 'programs_need_tests');
}
