import type { Prompt } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import { WinnowError } from '../../../schemas/errors.ts';
import type { Sampling } from '../../../schemas/sampling.ts';
import { type StepRule, textsOf } from '../../../schemas/step.ts';

/** What a run asks of a server, beside whole answers. */
export interface Wanted {
  readonly prompt: Prompt;
  readonly sampling: Sampling;
  readonly topLogprobs: number | undefined;
  /** To go on with a text that was begun. */
  readonly continuation: boolean;
  /** To stop at the end of each step, and to say that it did: undefined where whole answers are asked for. */
  readonly steps: StepRule | undefined;
}

/** What is missing, as the end of a sentence, and the parameter that asks for it. */
interface Lack {
  readonly param: 'model' | 'messages' | 'prompt' | 'top_k' | 'min_p' | 'logprobs' | 'step.marks';
  readonly what: string;
}

/** Raw text is continued by appending to it; an answer in a chat needs the server's help. */
export const continues = (config: OpenAiConfig, prompt: Prompt): boolean => 'text' in prompt || config.continuation !== 'none';

/** The first thing that the server cannot do; undefined where it can do all. */
export function lacking(config: OpenAiConfig, wanted: Wanted): Lack | undefined {
  return lacks(config, wanted).find(({ missing }) => missing);
}

/** @throws WinnowError `capability_missing`; `pathOf` says where the parameter stands in the caller's body */
export function refuseLacking(config: OpenAiConfig, wanted: Wanted, pathOf: (param: Lack['param']) => string): void {
  const lack = lacking(config, wanted);
  if (!lack) return;
  throw new WinnowError('capability_missing', `The server behind this policy ${lack.what}.`, { param: pathOf(lack.param) });
}

function lacks(config: OpenAiConfig, { prompt, sampling, topLogprobs, continuation, steps }: Wanted) {
  const accepts = (name: OpenAiConfig['accepts'][number]): boolean => config.accepts.includes(name);
  const endTexts = steps === undefined ? [] : textsOf(steps);
  const entries: (Lack & { readonly missing: boolean })[] = [
    {
      missing: 'messages' in prompt && config.api === 'completions',
      param: 'messages',
      what: 'continues raw text and has no chat template: give `prompt` in place of `messages`',
    },
    {
      missing: 'text' in prompt && config.api === 'chat',
      param: 'prompt',
      what: 'takes messages and no raw text: give `messages` in place of `prompt`, or set "api" of its backend to "both"',
    },
    {
      missing: (continuation || steps !== undefined) && !continues(config, prompt),
      param: 'model',
      what: 'cannot continue a partial answer, which this strategy needs ("continuation" of its backend is "none"). Strategies of whole answers work: best_of_n, self_refine',
    },
    {
      missing: endTexts.length > 0 && config.stop_string === 'untold',
      param: 'model',
      what: 'does not tell the end of a step from the end of an answer, which this strategy needs ("stop_string" of its backend is "untold"). Steps by `tokens` or `pattern` need no telling',
    },
    {
      missing: endTexts.length > 1 && config.stop_string === 'end_in_logprobs',
      param: 'step.marks',
      what: 'does not tell which of several marks ended a step ("stop_string" of its backend is "end_in_logprobs"). Give one',
    },
    {
      missing: sampling.top_k !== 0 && !accepts('top_k'),
      param: 'top_k',
      what: `takes no top_k, and ${sampling.top_k} was asked for. Leave it at 0 (off), or add it to "accepts" of its backend`,
    },
    {
      missing: sampling.min_p !== 0 && !accepts('min_p'),
      param: 'min_p',
      what: `takes no min_p, and ${sampling.min_p} was asked for. Leave it at 0 (off), or add it to "accepts" of its backend`,
    },
    {
      missing: topLogprobs !== undefined && !accepts('logprobs'),
      param: 'logprobs',
      what: 'tells no log-probabilities, and they were asked for, by `logprobs` or by a strategy, reward or rule that needs them. Do without, or add "logprobs" to "accepts" of its backend',
    },
  ];
  return entries;
}
