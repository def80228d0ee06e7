import { WinnowError } from '../schemas/errors.ts';
import type { LogprobsRequest, LogprobsResponse, MeasuredContinuation } from '../schemas/logprobs.ts';
import { tokensUpTo } from '../src/answers/step-count.ts';
import { Detokenizer } from '../src/tokens/detokenizer.ts';
import { encodePrompt } from '../src/tokens/prompt.ts';
import type { Tokenizer } from '../src/tokens/tokenizer.ts';
import type { Engine } from './engine/engine.ts';
import type { Measured } from './engine/measurement.ts';
import { continuationTokens, type Reader, readerOf } from './reader.ts';

/**
 * Log-probabilities of given texts after a prompt. The prompt is read once; texts that begin alike share what is computed.
 * A text that is too long, or that this model has no tokens for, fails alone.
 *
 * @throws WinnowError where the request cannot be served, or none of its texts can be read
 */
export async function logprobs(engine: Engine, request: LogprobsRequest, signal: AbortSignal): Promise<LogprobsResponse> {
  const reader = readerOf(engine);
  refuseStrangeSteps(request);
  const prompt = encodePrompt(reader, request.prompt);
  const continuations = request.continuations.map((each, index) => readable(reader, prompt, each, `continuations[${index}]`));
  const read = continuations.filter((each): each is number[] => Array.isArray(each));
  if (read.length === 0) throw continuations[0]; // at least one, by the schema
  const answers = request.answers.map((answer, index) => answerTokens(engine, answer, `answers[${index}]`));
  const { top_logprobs: topLogprobs, entropy, self_certainty: selfCertainty, priority } = request;
  const { measured, usage } = await engine.measure({
    prompt,
    continuations: read,
    wanted: { topLogprobs, entropy, selfCertainty, answers: answers.flat() },
    deadline: performance.now() + request.deadline_ms,
    signal,
    priority,
  });
  const left = measured.values();
  const results = request.continuations.map(({ id, steps }, index): MeasuredContinuation => {
    const tokens = continuations[index]!;
    if (tokens instanceof WinnowError) return { id, ok: false, reason: tokens.message };
    const each = left.next().value;
    if (!each)
      return { id, ok: false, reason: 'It could not be read in time, or its reading failed; the log of the backend says how.' };
    return { id, ok: true, tokens, ...told(each, answers), ...(steps && borders(reader, prompt, tokens, steps)) };
  });
  return { results, fingerprint: engine.model.fingerprint, usage: { ...usage } };
}

type Continuation = LogprobsRequest['continuations'][number];

/** Its ids, or why this model cannot read it. Special tokens are read where they are given as ids, not by their names. */
function readable(reader: Reader, prompt: readonly number[], each: Continuation, param: string): number[] | WinnowError {
  try {
    if (!each.tokens) reader.tokenizer.refuseSpecial(each.text, `${param}.text`);
    return continuationTokens(reader, prompt, each, param);
  } catch (cause) {
    if (cause instanceof WinnowError && cause.code !== 'invalid_value') return cause;
    throw cause;
  }
}

function told({ logprobs: each, answers: logs }: Measured, answers: readonly (readonly number[])[]) {
  const rest = logs.values();
  const summed = answers.map((tokens) => logOfSum(tokens.map(() => rest.next().value!)));
  const all = logOfSum(summed);
  return {
    logprob: each.reduce((sum, { logprob }) => sum + logprob, 0),
    logprobs: each,
    answers: answers.map(([token], place) => ({ token: token!, logprob: summed[place]!, share: Math.exp(summed[place]! - all) })),
  };
}

function logOfSum(logs: readonly number[]): number {
  const most = Math.max(...logs); // taken out first: exp(-800) is already 0
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

/** Steps are another spelling of the text; where they are not, their ends would be those of something else. */
function refuseStrangeSteps({ continuations }: LogprobsRequest): void {
  for (const [index, { text, steps }] of continuations.entries()) {
    if (!steps || steps.join('') === text) continue;
    throw new WinnowError('invalid_value', 'The steps, joined, are not the text.', { param: `continuations[${index}].steps` });
  }
}

/** Each step ends with the token that holds its last character; undefined where the tokens do not read as the text. */
function borders(
  { tokenizer }: Reader,
  prompt: readonly number[],
  tokens: readonly number[],
  steps: readonly string[],
): { step_starts: number[]; step_ends: number[] } | undefined {
  const detokenizer = new Detokenizer(tokenizer, prompt);
  let read = '';
  const lengths = tokens.map((token) => {
    read += detokenizer.push(token);
    return read.length;
  });
  if (read !== steps.join('')) return undefined;
  let length = 0;
  const step_starts: number[] = [];
  const step_ends: number[] = [];
  for (const step of steps) {
    const before = tokensUpTo(length, lengths);
    const shared = before > 0 && lengths[before - 1]! > length;
    step_starts.push(shared ? before - 1 : before);
    length += step.length;
    step_ends.push(tokensUpTo(length, lengths));
  }
  return { step_starts, step_ends };
}

/** The ids of an answer, each once: one where it is given as a text or an id, at least one where as several spellings. */
function answerTokens({ model }: Engine, answer: LogprobsRequest['answers'][number], param: string): number[] {
  if (typeof answer === 'number') {
    if (answer < model.vocabulary) return [answer];
    throw new WinnowError('invalid_value', `Ids of this model are below ${model.vocabulary}.`, { param });
  }
  if (typeof answer !== 'string') {
    const ids = new Set(answer.flatMap((text) => oneToken(model.tokenizer, text) ?? []));
    if (ids.size > 0) return [...ids];
    throw new WinnowError('invalid_value', `None of ${JSON.stringify(answer)} is one token of this model.`, { param });
  }
  const ids = model.tokenizer.encode(answer, { param });
  if (ids.length === 1) return ids;
  throw new WinnowError(
    'invalid_value',
    `${JSON.stringify(answer)} has ${ids.length} tokens; an answer is one token, or its id.`,
    {
      param,
    },
  );
}

/** The token of a spelling, also where the tokenizer would put a space of its own before it; undefined where it is several. */
function oneToken(tokenizer: Tokenizer, text: string): number | undefined {
  const known = tokenizer.idOf(text) ?? tokenizer.idOf(text.replace(/^ /, '\u2581'));
  if (known !== undefined) return known;
  try {
    const ids = tokenizer.encode(text);
    return ids.length === 1 ? ids[0] : undefined;
  } catch (cause) {
    if (cause instanceof WinnowError && cause.code === 'prompt_unsupported') return undefined; // no token of it at all
    throw cause;
  }
}
