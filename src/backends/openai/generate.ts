import type { GenerateLine, GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import { WinnowError } from '../../../schemas/errors.ts';
import type { Choice } from './answers.ts';
import { bodyOf } from './body.ts';
import type { Reply, Server } from './call.ts';
import { ask } from './call.ts';
import { lineOf } from './candidate.ts';
import { countTokens } from './counts.ts';
import { inParallel } from './in-parallel.ts';
import type { Job } from './job.ts';
import { apart, jobsOf } from './job.ts';
import type { Learned } from './learned.ts';
import { severalAtOnce } from './learned.ts';
import { Spent } from './spent.ts';

/** What one request came to: a reply, or why there is none. */
type Result = { readonly job: Job } & ({ readonly reply: Reply } | { readonly failure: WinnowError });

/**
 * Lines of one generation: a request for each prefix where the server gives several answers at once, else one for each
 * candidate. What fails of them ends its own candidates; only where all fail for a reason, the generation does.
 */
export async function* generate(
  server: Server,
  config: OpenAiConfig,
  learned: Learned,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerateLine> {
  const leaving = new AbortController(); // a consumer that has enough ends the requests too
  const until = { signal: AbortSignal.any([signal, leaving.signal]), deadline: AbortSignal.timeout(request.deadline_ms) };
  const of = { prompt: request.prompt, model: request.model, keyName: server.keyName, key: server.key };
  const perform = (job: Job) => async (): Promise<Result> => {
    const asked = bodyOf(request, job, config);
    try {
      return { job, reply: await ask(server, asked, { ...of, path: asked.path }, request.top_logprobs ?? 0, until) };
    } catch (failure) {
      if (failure instanceof WinnowError) return { job, failure };
      throw failure;
    }
  };
  try {
    const several = await severalAtOnce(server, config, learned, request, until);
    const queue = jobsOf(request, config, several).map(perform);
    const spent = new Spent();
    const failures: WinnowError[] = [];
    const failed: GenerateLine[] = [];
    let fingerprint: string | undefined;
    let written = false;
    for await (const result of inParallel(queue, config.concurrency)) {
      if (signal.aborted) throw left(result);
      if ('failure' in result) {
        failures.push(result.failure);
        spent.addFailure(result.job, result.failure);
        failed.push(...result.job.ids.map((id) => errorLine(id, result.failure)));
        continue;
      }
      const { job, reply } = result;
      const missing = job.ids.slice(choicesOf(reply, job, config, request).length);
      const again = reply.cut === undefined && missing.length > 0 && job.ids.length > 1;
      if (again) {
        learned.several = false; // it takes `n`, and does not do it
        queue.push(...apart(job, missing, request.seed).map(perform));
      }
      for (const line of linesOf(
        reply,
        again ? { ...job, ids: job.ids.slice(0, -missing.length) } : job,
        config,
        request,
        spent,
      )) {
        written = true;
        yield line;
      }
      fingerprint ??= reply.answers.fingerprint;
    }
    if (!written && failures.length > 0) throw together(failures);
    yield* failed;
    yield { type: 'done', usage: spent.usage(), ...(fingerprint ? { fingerprint } : {}) };
  } finally {
    leaving.abort();
  }
}

function* linesOf(reply: Reply, job: Job, config: OpenAiConfig, request: GenerateRequest, spent: Spent): Generator<GenerateLine> {
  const choices = choicesOf(reply, job, config, request);
  const counts = countTokens(choices, reply.answers, job);
  spent.addReply(job, reply, counts);
  for (const [place, id] of job.ids.entries()) {
    const choice = choices[place];
    if (!choice)
      yield {
        type: 'error',
        id,
        code: reply.cut === 'deadline' ? 'deadline_exceeded' : 'backend_error',
        message: 'The server of this policy gave fewer answers than were asked for.',
      };
    else yield lineOf({ request, config, job, id, choice, counted: counts[place]!, cut: reply.cut });
  }
}

/** The choices in the order of their numbers, no more than were asked for. */
const choicesOf = ({ answers, streamed }: Reply, job: Job, config: OpenAiConfig, { prompt }: GenerateRequest): Choice[] =>
  [...answers.choices]
    .sort(([a], [b]) => a - b)
    .slice(0, job.ids.length)
    .map(([, choice]) =>
      !streamed && 'messages' in prompt && config.continuation === 'prefill' ? withoutEcho(choice, job) : choice,
    );

/** llama.cpp repeats what was continued in an answer that is not streamed, and does not in one that is. */
function withoutEcho(choice: Choice, { before }: Job): Choice {
  if (before === '' || !choice.text.startsWith(before)) return choice;
  const text = choice.text.slice(before.length);
  return { ...choice, text, pieces: [text.length] };
}

const errorLine = (id: string, { code, message }: WinnowError): GenerateLine => ({ type: 'error', id, code, message });

const left = (result: Result): WinnowError =>
  'failure' in result
    ? result.failure
    : new WinnowError('deadline_exceeded', 'The server of this policy did not answer in time.', { mayHaveSpent: true });

/** Many failures as one: the most frequent kind and of that the most frequent words, the first of equals. That one of them may have spent is not forgotten. */
function together(failures: readonly WinnowError[]): WinnowError {
  const alike = (name: 'code' | 'message', than: WinnowError) => failures.filter((one) => one[name] === than[name]).length;
  const [first] = [...failures].sort((a, b) => alike('code', b) - alike('code', a) || alike('message', b) - alike('message', a));
  const { code, message, param, cause, retryAfter } = first!;
  const mayHaveSpent = failures.some((one) => one.mayHaveSpent);
  return new WinnowError(code, message, { param, cause, mayHaveSpent, ...(retryAfter === undefined ? {} : { retryAfter }) });
}
