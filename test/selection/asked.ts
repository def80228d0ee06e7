/** Drives a rule that asks: each operation is answered by a function, those that come together one by one. */
import type { Asking, Operation, Result, SampleOperation, ScoreOperation } from '../../src/operation.ts';
import type { Choice, SelectionContext } from '../../src/selection/define.ts';
import type { Contender } from '../../src/selection/order.ts';
import { startRule } from '../../src/selection/registry.ts';
import { candidate, sampled, scores } from '../drive.ts';

export type Answer = (operation: SampleOperation | ScoreOperation, number: number) => Result;

export interface Answered<T> {
  readonly value: T;
  readonly asked: readonly (SampleOperation | ScoreOperation)[];
  /** How many came together, turn by turn. */
  readonly waves: readonly number[];
}

export function answered<T>(asking: Asking<T>, answer: Answer): Answered<T> {
  const asked: (SampleOperation | ScoreOperation)[] = [];
  const waves: number[] = [];
  const reply = (operation: Operation): Result => {
    if (operation.kind === 'together') return { kind: 'together', results: operation.operations.map(reply) };
    if (operation.kind !== 'sample' && operation.kind !== 'score') throw new Error(`Asked for a ${operation.kind}.`);
    asked.push(operation);
    return answer(operation, asked.length - 1);
  };
  let turn = asking.next();
  while (!turn.done) {
    waves.push(turn.value.kind === 'together' ? turn.value.operations.length : 1);
    turn = asking.next(reply(turn.value));
  }
  return { value: turn.value, asked, waves };
}

export const prompt = { messages: [{ role: 'user' as const, content: 'Which is the best?' }] };
/** A config with one policy that follows instructions and one judge of pairs. */
export const lookup = {
  policies: { writer: { instruct: true, step: { delimiter: '\n' } } },
  rewards: { outcome: { kind: 'classifier' }, better: { kind: 'pairwise_judge' } },
} as unknown as NonNullable<SelectionContext['lookup']>;
export const context: SelectionContext = { output: 'logit', prompt, policy: 'writer', seed: 7, lookup };

export const select = (rule: string, options: object, given: readonly Contender[], answer: Answer): Answered<Choice> =>
  answered(startRule(rule, options).select(given, context), answer);

/** A judge of pairs by a function of both texts: points of the first, or null for no verdict. */
export const pairJudge =
  (points: (first: string, second: string) => number | null, detail: Readonly<Record<string, unknown>> = {}): Answer =>
  (operation) => {
    if (operation.kind !== 'score' || operation.candidates.length !== 2) throw new Error('Not a pair.');
    const value = points(operation.candidates[0]!.text, operation.candidates[1]!.text);
    if (value === null) return scores('invalid_match', 'invalid_match');
    return scores({ ok: true, value, detail }, { ok: true, value: 1 - value, detail });
  };

/** A judge that writes these texts, one a call. */
export const writes =
  (...texts: readonly (string | null)[]): Answer =>
  (operation, number) => {
    if (operation.kind !== 'sample') throw new Error('Not a sample.');
    const text = texts[number];
    return text === null || text === undefined ? sampled() : sampled(candidate(`0.${operation.firstChild}`, text));
  };
