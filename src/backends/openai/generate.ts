import type { GenerateLine, GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import { WinnowError } from '../../../schemas/errors.ts';
import { bodyOf } from './body.ts';
import type { Reply, Server, Until } from './call.ts';
import { ask } from './call.ts';
import { together } from './failures.ts';
import { inParallel } from './in-parallel.ts';
import type { Job } from './job.ts';
import { apart, jobsOf } from './job.ts';
import type { Learned } from './learned.ts';
import { severalAtOnce } from './learned.ts';
import { Pieces } from './pieces.ts';
import { linesOf, withoutAnswer } from './replies.ts';
import { Spent } from './spent.ts';

/** What a generation works with. */
interface Means {
  readonly server: Server;
  readonly config: OpenAiConfig;
  readonly learned: Learned;
  readonly request: GenerateRequest;
  readonly until: Until;
  /** Absent where nobody asks for them. */
  readonly pieces: Pieces | undefined;
}

type Failed = { readonly job: Job; readonly failure: WinnowError };
/** What one request to the server came to. */
type Result = Failed | { readonly job: Job; readonly reply: Reply };

/**
 * Lines of one generation: a request for each prefix where the server gives several answers at once, else one for each
 * candidate. What fails of them ends its own candidates; only where all fail, the generation does.
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
  const means = { server, config, learned, request, until, pieces: request.pieces ? new Pieces() : undefined };
  try {
    yield* linesOfAll(means, jobsOf(request, config, await severalAtOnce(server, config, learned, request, until)));
  } finally {
    leaving.abort();
  }
}

async function* linesOfAll(means: Means, jobs: readonly Job[]): AsyncGenerator<GenerateLine> {
  const { config, request, learned, until, pieces } = means;
  const queue = jobs.map((job) => () => perform(means, job));
  const spent = new Spent();
  const failures: Failed[] = [];
  let fingerprint: string | undefined;
  const results = inParallel(queue, config.concurrency);
  for await (const result of pieces?.among(results) ?? results) {
    if (until.signal.aborted) throw leftEarly();
    if ('type' in result) {
      yield result;
      continue;
    }
    if ('failure' in result) {
      failures.push(result);
      spent.addFailure(result.job, result.failure);
      continue;
    }
    const { job, reply } = result;
    const missing = withoutAnswer(reply, job);
    if (missing.length > 0) {
      learned.several = false; // it takes `n`, and does not do it
      queue.push(...apart(job, missing, request.seed).map((one) => () => perform(means, one)));
    }
    yield* linesOf(reply, { ...job, ids: job.ids.filter((id) => !missing.includes(id)) }, config, request, spent);
    fingerprint ??= reply.answers.fingerprint;
  }
  if (failures.length > 0 && failures.length === jobs.length) throw together(failures.map(({ failure }) => failure));
  for (const { job, failure } of failures) yield* job.ids.map((id) => errorLine(id, failure));
  yield { type: 'done', usage: spent.usage(), ...(fingerprint ? { fingerprint } : {}) };
}

async function perform({ server, config, request, until, pieces }: Means, job: Job): Promise<Result> {
  const asked = bodyOf(request, job, config);
  const { key, keyName } = server;
  const of = { prompt: request.prompt, model: request.model, path: asked.path, key, keyName };
  try {
    return { job, reply: await ask(server, asked, of, request.top_logprobs ?? 0, until, pieces?.following(job)) };
  } catch (failure) {
    if (failure instanceof WinnowError) return { job, failure };
    throw failure;
  }
}

const leftEarly = (): WinnowError =>
  new WinnowError('deadline_exceeded', 'The server of this policy did not answer in time.', { mayHaveSpent: true });

const errorLine = (id: string, { code, message }: WinnowError): GenerateLine => ({ type: 'error', id, code, message });
