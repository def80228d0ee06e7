import type { Asked } from './asked.ts';
import type { Delta, Ending } from './choice.ts';
import type { Echo } from './echo.ts';
import { chatLogprobs, completionLogprobs } from './logprobs.ts';

/** How a route writes answers: its names, and one entry of `choices` for each thing that happens. */
export interface Voice {
  readonly object: string;
  readonly streamed: string;
  readonly idPrefix: string;
  /** A whole answer. */
  whole(index: number, ending: Ending): object;
  /** What a stream says of an answer before its first token; null where nothing. */
  opening(index: number): object | null;
  delta(index: number, delta: Delta): object;
  /** What is left, and how it ended. */
  last(index: number, ending: Ending): object[];
}

/** OpenAI's chat.completion and its chunks. */
export function chatVoice(asked: Asked): Voice {
  const logprobs = ({ logprobs }: Delta) => (asked.topLogprobs === undefined ? null : chatLogprobs(logprobs));
  const chunk = (index: number, delta: object, rest: object = {}) => ({
    index,
    delta,
    logprobs: null,
    finish_reason: null,
    ...rest,
  });
  const delta = (index: number, told: Delta) =>
    chunk(index, { content: told.text }, { logprobs: logprobs(told), ...ids(asked, told) });
  return {
    object: 'chat.completion',
    streamed: 'chat.completion.chunk',
    idPrefix: 'chatcmpl-',
    whole: (index, ending) => ({
      index,
      message: { role: 'assistant', content: ending.text, refusal: null },
      logprobs: logprobs(ending),
      ...finish(ending),
      ...ids(asked, ending),
    }),
    opening: (index) => chunk(index, { role: 'assistant', content: '' }, promptIds(asked, index)),
    delta,
    last: (index, ending) => [
      ...(isEmpty(ending) ? [] : [delta(index, ending)]), // the last delta of OpenAI's streams is empty
      chunk(index, {}, finish(ending)),
    ],
  };
}

/** OpenAI's text_completion, whose chunks have its shape too. `echoes` are told before the new text, one for each prompt. */
export function completionVoice(asked: Asked, echoes: readonly Echo[] = []): Voice {
  const echoOf = (index: number): Echo => echoes[Math.floor(index / asked.n)] ?? { text: '', logprobs: [] };
  const logprobs = (index: number, { logprobs }: Pick<Delta, 'logprobs'>, echoed: Echo['logprobs'] = []) =>
    asked.topLogprobs === undefined ? null : completionLogprobs(echoed, logprobs, echoOf(index).text.length);
  const told = (index: number, delta: Delta) => ({ text: delta.text, logprobs: logprobs(index, delta), ...ids(asked, delta) });
  return {
    object: 'text_completion',
    streamed: 'text_completion',
    idPrefix: 'cmpl-',
    whole: (index, ending) => ({
      index,
      ...told(index, ending),
      text: echoOf(index).text + ending.text,
      logprobs: logprobs(index, ending, echoOf(index).logprobs),
      ...finish(ending),
      ...promptIds(asked, index),
    }),
    opening: (index) => {
      if (echoes.length === 0 && !asked.tellTokenIds) return null;
      const echo = echoOf(index);
      const echoed = echo.logprobs.length > 0 ? logprobs(index, { logprobs: [] }, echo.logprobs) : null;
      return { index, text: echo.text, logprobs: echoed, finish_reason: null, ...promptIds(asked, index) };
    },
    delta: (index, delta) => ({ index, ...told(index, delta), finish_reason: null }),
    last: (index, ending) => [{ index, ...told(index, ending), ...finish(ending) }],
  };
}

export const isEmpty = ({ text, logprobs, tokenIds }: Delta): boolean =>
  text === '' && logprobs.length === 0 && tokenIds.length === 0;

const finish = ({ finishReason, stopReason }: Ending) => ({ finish_reason: finishReason, stop_reason: stopReason });

const ids = ({ tellTokenIds }: Asked, { tokenIds }: Delta) => (tellTokenIds ? { token_ids: tokenIds } : {});

const promptIds = ({ tellTokenIds, prompts, n }: Asked, index: number) =>
  tellTokenIds ? { prompt_token_ids: prompts[Math.floor(index / n)] } : {};
