import { checkOptions } from '../../schemas/check.ts';
import type { AnswerConfig } from '../../schemas/config.ts';
import type { CheckOptions, CheckResult } from '../answers/check.ts';
import { extract } from '../answers/extract.ts';
import type { Score } from '../operation.ts';
import { type Comparison, checkAll } from './check-all.ts';
import { defineReward, PROBABILITY } from './define.ts';
import { refuseUnread, refuseWithoutReference } from './model-needs.ts';

/** Whether the answer is one of the right ones (methods G.8). What cannot be told is a failed score, never a 0. */
export const equivalence = defineReward({
  kind: 'equivalence',
  title: 'The answer is a right one, formulas compared by computer algebra.',
  options: checkOptions,
  dependsOn: 'text',
  scale: () => PROBABILITY,
  cost: 'nothing; of formulas that differ in writing one call to the backend for all',
  refuse(named, subject, param) {
    refuseWithoutReference(named, subject, param);
    refuseUnread(named, named.config.backend, 'equivalence', param);
  },
  *score({ name, config, options, candidates, subject }) {
    const { answer, references } = subject;
    const given = candidates.map(({ text }) => answerOf(text, answer));
    const compared = { ...asAnswered(answer), ...config.options, ...options };
    const comparisons = given.flatMap((said) =>
      said.ok ? references.map((reference): Comparison => ({ given: said.raw, reference, options: compared })) : [],
    );
    const results = (yield* checkAll(comparisons, { backend: config.backend, reward: name })).values();
    return given.map((said): Score => {
      if (!said.ok) return { ok: true, value: 0, detail: { answer: null, reason: said.reason } };
      return scoreOf(
        said.raw,
        references.map(() => results.next().value!), // one each, in the order asked
      );
    });
  },
});

const answerOf = (text: string, answer: AnswerConfig | null) =>
  answer === null ? ({ ok: true, raw: text } as const) : extract(text, 'stop', answer);

/** A policy whose answers are text may write formulas; the other kinds say how they are compared. */
function asAnswered(answer: AnswerConfig | null): CheckOptions {
  if (answer === null || answer.type === 'text') return { type: 'auto' };
  return { type: answer.type, ...(answer.choices === undefined ? {} : { choices: answer.choices }) };
}

/** One reference that it equals is enough; one that could not be told leaves it open. */
function scoreOf(answer: string, results: readonly CheckResult[]): Score {
  const telling = results.find(({ equal }) => equal === true) ?? results.find(({ equal }) => equal === 'unknown') ?? results[0]!;
  const { equal, how, reason } = telling;
  const detail = { answer, how, ...(reason === null ? {} : { reason }) };
  if (equal === 'unknown') return { ok: false, reason: reason ?? 'not_decided', detail };
  return { ok: true, value: equal ? 1 : 0, detail };
}
