import type { AnswerConfig } from '../../schemas/config.ts';
import { extract } from '../answers/extract.ts';
import type { Extraction, Read, Reason } from '../answers/extraction.ts';
import type { Scored } from '../operation.ts';
import type { Choice } from '../selection/define.ts';
import type { Contender } from '../selection/order.ts';
import type { Pick } from '../strategies/solve.ts';
import type { Task } from './task.ts';

/** Lets the task's rule pick among the candidates that may win. */
export const pickBy = (task: Task): Pick<Choice> =>
  function* (eligible) {
    return yield* task.selection.select(
      eligible.map((candidate, index) => contender(candidate, index, task)),
      task.selection.context,
    );
  };

/** In critique-refine versions tie in favour of the earlier one, so their lengths are left out (methods E.12). */
function contender(candidate: Scored, index: number, { policy, selection, strategy }: Task): Contender {
  return {
    index,
    id: candidate.id,
    score: selection.reward === null ? null : (candidate.scores[selection.reward] ?? { ok: false, reason: 'missing' }),
    answer: readAnswer(candidate, policy.answer)?.key ?? null,
    tokens: strategy.family === 'critique_refine' ? null : candidate.tokenCount,
    text: candidate.text,
    steps: candidate.steps,
    stepOpen: candidate.stepOpen,
    logprobs: candidate.logprobs,
  };
}

/** What the extractor reads out of a candidate; null where there is none or it fails. */
function readAnswer(candidate: Scored, config: AnswerConfig | null): Read | null {
  const read = extraction(candidate, config);
  return read?.ok ? read : null;
}

/** What the extractor reads out of a candidate, or why it reads nothing; null where there is no extractor. */
export const extraction = (
  { text, finish }: { readonly text: string; readonly finish: Scored['finish'] },
  config: AnswerConfig | null,
): Extraction | null => (config === null ? null : extract(text, finish, config));

/** An answer as the wire tells it: null with the reason where none was read, null alone where none is looked for. */
export const toldAnswer = (read: Extraction | null): { answer: string | null; answer_reason?: Reason } =>
  read?.ok ? { answer: read.raw } : { answer: null, ...(read && { answer_reason: read.reason }) };
