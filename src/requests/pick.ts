import type { AnswerConfig } from '../../schemas/config.ts';
import { extract } from '../answers/extract.ts';
import type { Read } from '../answers/extraction.ts';
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
    score: selection.reward === null ? null : (candidate.scores[selection.reward] ?? { ok: false, reason: 'missing' }),
    answer: readAnswer(candidate, policy.answer)?.key ?? null,
    tokens: strategy.family === 'critique_refine' ? null : candidate.tokenCount,
    text: candidate.text,
    logprobs: candidate.logprobs,
  };
}

/** What the extractor reads out of a candidate; null where there is none or it fails. */
export function readAnswer({ text, finish }: Scored, config: AnswerConfig | null): Read | null {
  if (config === null) return null;
  const read = extract(text, finish === 'stop' ? 'stop' : 'length', config);
  return read.ok ? read : null;
}
