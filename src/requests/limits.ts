import type { BudgetRequest, FullLimits } from '../../schemas/budget.ts';
import type { Caps, PolicyConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { Sampling } from '../../schemas/sampling.ts';
import { typicalStep } from '../budget/fit.ts';

/** The limits of a request that says none. */
export const capLimits = ({ max_n, max_tokens, max_time_ms }: Caps): FullLimits => ({
  max_candidates: max_n,
  max_tokens,
  max_time_ms,
});

/**
 * Every limit in force: what the request says, under the caps; an integer b is b answers' worth of tokens.
 *
 * @param judged  tokens that the rewards of those answers may have sampled, by judges or to compare with, which an integer pays for as well
 */
export function fullLimits(
  budget: BudgetRequest | undefined,
  sampling: Sampling,
  caps: Caps,
  param: string,
  judged = 0,
): { limits: FullLimits; warnings: string[] } {
  const full = capLimits(caps);
  if (budget === undefined) return { limits: full, warnings: [] };
  if (typeof budget === 'number') {
    const wanted = budget * sampling.max_tokens + judged;
    const capped = wanted > caps.max_tokens;
    const warning = `budget ${budget} is ${wanted} tokens; the cap of ${caps.max_tokens} holds.`;
    return { limits: { ...full, max_tokens: Math.min(wanted, caps.max_tokens) }, warnings: capped ? [warning] : [] };
  }
  const {
    max_score_calls,
    max_candidates = full.max_candidates,
    max_tokens = full.max_tokens,
    max_time_ms = full.max_time_ms,
  } = budget;
  underCap(max_candidates, caps.max_n, `${param}.max_candidates`, 'caps.max_n');
  underCap(max_tokens, caps.max_tokens, `${param}.max_tokens`, 'caps.max_tokens');
  underCap(max_time_ms, caps.max_time_ms, `${param}.max_time_ms`, 'caps.max_time_ms');
  return { limits: { max_candidates, max_tokens, max_score_calls, max_time_ms }, warnings: [] };
}

export function underCap(value: number, cap: number, param: string, name: string): void {
  if (value <= cap) return;
  throw new WinnowError('invalid_value', `${param} is ${value}; the cap ${name} is ${cap}.`, { param });
}

/** Refuses a list of none, and one that is longer than the cap of documents. */
export function refuseCount(list: readonly unknown[], { max_documents: cap }: Caps, param: string): void {
  if (list.length === 0) throw new WinnowError('no_candidates_supplied', `${param} is empty. Give at least one.`, { param });
  if (list.length <= cap) return;
  throw new WinnowError('invalid_value', `${param} has ${list.length} entries; the cap caps.max_documents is ${cap}.`, { param });
}

/** What a run begins with. */
interface Beginning {
  /** It writes steps, not whole answers. */
  readonly stepwise: boolean;
  /** Tokens of so many that it keeps back for an answer when nothing has finished. */
  readonly reserveOf: (maxTokens: number) => number;
}

/**
 * Refuses a token limit under which nothing could be started: no step or answer out of what is left beside the finishing
 * reserve, nor an answer out of all of it (api.md 4).
 */
export function refuseTooSmall(
  { max_tokens: given }: Pick<FullLimits, 'max_tokens'>,
  policy: PolicyConfig,
  sampling: Sampling,
  { stepwise, reserveOf }: Beginning,
  param: string,
): void {
  const { step, typical_tokens: typical, min_useful_tokens: useful } = policy;
  const usefulStep = Math.min(step.max_tokens, sampling.max_tokens, typicalStep(step.max_tokens, step.typical_tokens), useful);
  let least = Math.min(sampling.max_tokens, typical, useful);
  if (stepwise) {
    let beside = usefulStep;
    while (beside - reserveOf(beside) < usefulStep) beside++;
    least = Math.min(least, beside);
  }
  if (given >= least) return;
  const message = `${param}.max_tokens is ${given}; this policy needs at least ${least} to start one candidate.`;
  throw new WinnowError('budget_too_small', message, { param: `${param}.max_tokens` });
}
