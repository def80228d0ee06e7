import { WinnowError } from '../schemas/errors.ts';
import type { LogprobsRequest, LogprobsResponse, MeasuredContinuation } from '../schemas/logprobs.ts';
import { encodePrompt } from '../src/tokens/prompt.ts';
import type { Engine } from './engine/engine.ts';
import type { Measured } from './engine/measurement.ts';
import { continuationTokens, readerOf } from './reader.ts';

/**
 * Log-probabilities of given texts after a prompt. The prompt is read once; texts that begin alike share what is computed.
 *
 * @throws WinnowError where the request cannot be served; a text that fails later fails alone
 */
export async function logprobs(engine: Engine, request: LogprobsRequest, signal: AbortSignal): Promise<LogprobsResponse> {
  const reader = readerOf(engine);
  const prompt = encodePrompt(reader, request.prompt);
  const continuations = request.continuations.map((each, index) =>
    continuationTokens(reader, prompt, each, `continuations[${index}]`),
  );
  const answers = request.answers.map((answer, index) => answerToken(engine, answer, `answers[${index}]`));
  const { measured, usage } = await engine.measure({
    prompt,
    continuations,
    wanted: { topLogprobs: request.top_logprobs, entropy: request.entropy, answers },
    deadline: performance.now() + request.deadline_ms,
    signal,
    priority: request.priority,
  });
  const results = measured.map((each, index): MeasuredContinuation => {
    const { id } = request.continuations[index]!;
    if (!each)
      return { id, ok: false, reason: 'It could not be read in time, or its reading failed; the log of the backend says how.' };
    return { id, ok: true, tokens: continuations[index]!, ...told(each, answers) };
  });
  return { results, usage: { ...usage } };
}

function told({ logprobs: each, answers: logs }: Measured, answers: readonly number[]) {
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    logprob: each.reduce((sum, { logprob }) => sum + logprob, 0),
    logprobs: each,
    answers: answers.map((token, place) => ({ token, logprob: logs[place]!, share: weights[place]! / total })),
  };
}

function answerToken({ model }: Engine, answer: string | number, param: string): number {
  if (typeof answer === 'number') {
    if (answer < model.vocabulary) return answer;
    throw new WinnowError('invalid_value', `Ids of this model are below ${model.vocabulary}.`, { param });
  }
  const ids = model.tokenizer.encode(answer, { param });
  if (ids.length === 1) return ids[0]!;
  throw new WinnowError(
    'invalid_value',
    `${JSON.stringify(answer)} has ${ids.length} tokens; an answer is one token, or its id.`,
    {
      param,
    },
  );
}
