import type { CandidateLine, GenerateLine, GenerateRequest } from '../../../schemas/backend.ts';
import type { Finish } from '../../../schemas/candidate.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import type { Choice } from './answers.ts';
import type { Counted } from './counts.ts';
import { tokenEnds } from './counts.ts';
import { cutText } from './cut.ts';
import { endedByModel, endOf, showsStop } from './finish.ts';
import type { Job } from './job.ts';
import { countSteps } from './steps.ts';
import { textEnds } from './text-ends.ts';

/** What a line is made of. `cut` says what ended a choice that has no end of its own. */
export interface Written {
  readonly request: GenerateRequest;
  readonly config: OpenAiConfig;
  readonly job: Job;
  readonly id: string;
  readonly choice: Choice;
  readonly counted: Counted;
  readonly cut: 'deadline' | 'broken' | undefined;
}

/** A choice as a line of the protocol: a candidate, or why it is none. */
export function lineOf(written: Written): GenerateLine {
  const { job, id, choice, counted, request, cut } = written;
  const end = endOf(choice);
  if (end === 'refused') return failed(id, choice.finish === 'content_filter' ? 'content_filter' : (choice.other ?? 'no_text'));
  const open = end === 'open' || end === 'cancelled';
  if (open && choice.text === '') return failed(id, cut === 'deadline' ? 'deadline_exceeded' : 'backend_error');
  const { text, finish } = textOf(written, open ? (cut === 'deadline' ? 'budget' : 'cancelled') : end);
  const { step, stepEnds } = countSteps(request.step.delimiter, {
    before: job.before,
    text,
    ends: tokenEnds(choice, counted.tokens),
    resumed: job.resumed,
  });
  const line: CandidateLine = {
    type: 'candidate',
    id,
    parent: job.parent,
    text,
    step,
    step_ends: [...stepEnds],
    token_count: counted.tokens,
    finish,
  };
  if (request.top_logprobs === undefined || !choice.logprobs) return line;
  return {
    ...line,
    text_ends: textEnds(text, choice.logprobs),
    logprobs: choice.logprobs,
    logprob: choice.logprobs.reduce((sum, { logprob }) => sum + logprob, 0),
  };
}

const failed = (id: string, code: string): GenerateLine => ({
  type: 'error',
  id,
  code,
  message: `The server of this policy gave no answer in text (${code}).`,
});

/** The text with the delimiter that ended it, without a stop string, and how it ended. */
function textOf({ request, config, job, choice }: Written, finish: Finish): { text: string; finish: Finish } {
  const { until, step, sampling } = request;
  const delimiter = until === 'step' ? step.delimiter : undefined;
  const endsStep = delimiter !== undefined && finish === 'stop' && endedStep(config, choice, delimiter);
  const whole = endsStep ? choice.text + delimiter : choice.text;
  const cut = cutText(job.before, whole, sampling.stop, delimiter);
  return { text: cut.text, finish: cut.at === 'end' ? finish : cut.at };
}

/** Whether the delimiter ended it, and was left out of the text. Servers that keep it are read by the text. */
function endedStep({ stop_string: told }: OpenAiConfig, choice: Choice, delimiter: string): boolean {
  if (choice.matched !== undefined) return choice.matched === delimiter && !choice.text.endsWith(delimiter);
  if (told === 'end_in_logprobs') return !endedByModel(choice);
  return told === 'stop_in_logprobs' && showsStop(choice, delimiter);
}
