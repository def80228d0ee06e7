import type { CandidateLine, GenerateLine, GenerateRequest } from '../../../schemas/backend.ts';
import type { Finish } from '../../../schemas/candidate.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import { textsOf } from '../../../schemas/step.ts';
import { countSteps, type Standing, standing, tokensUpTo } from '../../answers/step-count.ts';
import type { Choice } from './answers.ts';
import type { Counted } from './counts.ts';
import { tokenEnds } from './counts.ts';
import { cutText } from './cut.ts';
import { endedByModel, endOf, showsStop } from './finish.ts';
import type { Job } from './job.ts';
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
  const { step, top_logprobs: topLogprobs } = request;
  const before = standing(step, job.before, { known: job.steps, resumed: job.resumed });
  const { text, finish, tokens } = textOf(written, before, open ? (cut === 'deadline' ? 'budget' : 'cancelled') : end);
  const ends = tokenEnds(choice, counted.tokens).slice(0, tokens);
  const count = countSteps(step, { before, text, ends, resumed: job.resumed });
  const line: CandidateLine = {
    type: 'candidate',
    id,
    parent: job.parent,
    text,
    step: count.step,
    step_ends: [...count.stepEnds],
    ...(step.delimiter === undefined ? { step_text_ends: [...count.textEnds], step_open: count.open } : {}),
    token_count: tokens,
    finish,
  };
  if (topLogprobs === undefined || !choice.logprobs) return line;
  const logprobs = choice.logprobs.slice(0, tokens === counted.tokens ? undefined : tokens);
  return {
    ...line,
    text_ends: textEnds(text, logprobs),
    logprobs,
    logprob: logprobs.reduce((sum, { logprob }) => sum + logprob, 0),
  };
}

const failed = (id: string, code: string): GenerateLine => ({
  type: 'error',
  id,
  code,
  message: `The server of this policy gave no answer in text (${code}).`,
});

interface Cut {
  readonly text: string;
  readonly finish: Finish;
  readonly tokens: number;
}

/** The text with what ended its step, without a stop string, how it ended, and how many of its tokens it needs. */
function textOf({ request, config, choice, counted }: Written, before: Standing, finish: Finish): Cut {
  const { until, step, sampling } = request;
  const stepwise = until === 'step';
  const ending = stepwise && finish === 'stop' ? endedBy(config, choice, textsOf(step)) : '';
  const cut = cutText(before, choice.text + ending, sampling.stop, stepwise ? step : undefined);
  const { tokens } = counted;
  if (cut.at === 'step' && step.pattern !== undefined)
    return { text: cut.text, finish: 'step', tokens: tokensUpTo(cut.text.length, tokenEnds(choice, tokens)) };
  const full = stepwise && step.tokens !== undefined && before.openTokens + tokens >= step.tokens;
  const ended = finish === 'length' && full && choice.text !== '' ? 'step' : finish;
  return { text: cut.text, finish: cut.at === 'end' ? ended : cut.at, tokens };
}

/** Which text ended a step and was left out, else nothing. Servers that keep it are read by the text. */
function endedBy({ stop_string: told }: OpenAiConfig, choice: Choice, texts: readonly string[]): string {
  const among = (is: (text: string) => boolean): string => texts.find(is) ?? '';
  if (choice.matched !== undefined) return among((text) => choice.matched === text && !choice.text.endsWith(text));
  if (told === 'end_in_logprobs') return endedByModel(choice) ? '' : (texts[0] ?? '');
  return told === 'stop_in_logprobs' ? among((text) => showsStop(choice, text)) : '';
}
