import type { TokenLogprob } from '../../schemas/candidate.ts';
import type { Choice, SelectionContext } from '../../src/selection/define.ts';
import type { Contender } from '../../src/selection/order.ts';
import { startRule } from '../../src/selection/registry.ts';

interface Columns {
  /** null: no reward is in play; a text: why the score failed. */
  readonly scores?: readonly (number | string | null)[];
  readonly answers?: readonly (string | null)[];
  readonly tokens?: readonly (number | null)[];
  readonly texts?: readonly string[];
  /** Token by token the log-probabilities of the most likely ones; null where unknown. */
  readonly top?: readonly (readonly (readonly number[])[] | null)[];
}

/** One contender a row, numbered from 0; a column that is not given is null throughout, and a text its row's own. */
export function contenders({ scores = [], answers = [], tokens = [], texts = [], top = [] }: Columns): Contender[] {
  const rows = Math.max(...[scores, answers, tokens, texts, top].map(({ length }) => length));
  return Array.from({ length: rows }, (_, index) => ({
    index,
    score: scoreOf(scores[index] ?? null),
    answer: answers[index] ?? null,
    tokens: tokens[index] ?? null,
    text: texts[index] ?? `text ${index}`,
    logprobs: top[index] ? logprobsOf(top[index]) : undefined,
  }));
}

function scoreOf(score: number | string | null): Contender['score'] {
  if (score === null) return null;
  return typeof score === 'number' ? { ok: true, value: score } : { ok: false, reason: score };
}

export const logprobsOf = (top: readonly (readonly number[])[]): TokenLogprob[] =>
  top.map((values) => ({
    token: 'a',
    logprob: values[0] ?? 0,
    top: values.map((logprob, place) => ({ token: String(place), logprob })),
  }));

/** Log-probabilities of a trace whose tokens have these confidences. */
export const sure = (...confidences: readonly number[]): number[][] => confidences.map((confidence) => [-confidence]);

export const logits: SelectionContext = { output: 'logit' };
export const calibrated: SelectionContext = { output: 'logit', calibrated: true };
export const probabilities: SelectionContext = { output: 'probability' };

/** What a rule chooses; plain rules ask nothing, so the first turn is the last. */
export function choose(
  rule: string,
  given: readonly Contender[],
  options: object = {},
  context: SelectionContext = logits,
): Choice {
  const turn = startRule(rule, options).select(given, context).next();
  if (!turn.done) throw new Error(`${rule} asked for ${turn.value.kind}`);
  return turn.value;
}
