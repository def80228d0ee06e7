import type { z } from 'zod';
import type { BackendModel, GenerateLine, GenerateRequest, ScoreRequest, ScoreResponse } from '../../schemas/backend.ts';
import { generateLine, modelsResponse, scoreResponse } from '../../schemas/backend.ts';
import { saidToCaller } from '../../schemas/backend-refusal.ts';
import { type RunLine, runLine } from '../../schemas/backend-run.ts';
import { embedResponse } from '../../schemas/embed.ts';
import { equivalenceResponse } from '../../schemas/equivalence.ts';
import { isErrorCode, WinnowError } from '../../schemas/errors.ts';
import { logprobsResponse } from '../../schemas/logprobs.ts';
import { tensorsResponse } from '../../schemas/tensors.ts';
import { lines } from './lines.ts';
import { Once } from './once.ts';
import type { BackendPort } from './port.ts';
import { retrying } from './retry.ts';

export interface GpuBackendOptions {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** The key between edge and backend; undefined where the backend wants none. */
  readonly key: string | undefined;
  readonly fetch: typeof fetch;
}

/** Our own backend over HTTP (api.md 6). A request that is repeated carries the same key, so that nothing is paid twice. */
export function gpuBackend(options: GpuBackendOptions): BackendPort {
  const post = (path: string, body: unknown, signal: AbortSignal) =>
    call(options, path, { method: 'POST', body: JSON.stringify(body), signal });
  return {
    generate: (request, signal) => generate(request, signal, post),
    score: (request: ScoreRequest, signal): Promise<ScoreResponse> =>
      retrying(signal, async () => parsed(await post('/score', request, signal), scoreResponse, signal)),
    logprobs: (request, signal) =>
      retrying(signal, async () => parsed(await post('/logprobs', request, signal), logprobsResponse, signal)),
    embed: (request, signal) =>
      retrying(signal, async () => parsed(await post('/embed', request, signal), embedResponse, signal)),
    tensors: (request, signal) =>
      retrying(signal, async () => parsed(await post('/tensors', request, signal), tensorsResponse, signal)),
    equivalence: (request, signal) =>
      retrying(signal, async () => parsed(await post('/equivalence', request, signal), equivalenceResponse, signal)),
    run: async function* (request, signal): AsyncGenerator<RunLine> {
      const response = await retrying(signal, () => post('/run', request, signal));
      yield* checked(response, runLine, signal);
    },
    models: async (signal): Promise<readonly BackendModel[]> =>
      (await parsed(await call(options, '/models', { signal }), modelsResponse, signal)).models,
    ready: (signal) =>
      call(options, '/healthz', { signal })
        .then((response) => response.body?.cancel())
        .then(
          () => true,
          () => false,
        ),
  };
}

/** Lines of one generation. A stream that breaks off is asked for again; lines that came before are not given twice. */
async function* generate(
  request: GenerateRequest,
  signal: AbortSignal,
  post: (path: string, body: unknown, signal: AbortSignal) => Promise<Response>,
): AsyncGenerator<GenerateLine> {
  const once = new Once();
  let broken: unknown;
  for (;;) {
    const response = await retrying(signal, () => post('/generate', request, signal)).catch((refused) => {
      throw broken ?? refused; // work that broke off may have spent, even where its second try is refused
    });
    try {
      once.again();
      for await (const line of checked(response, generateLine, signal)) {
        const fresh = freshOf(once, line);
        if (fresh) yield fresh;
        if (line.type === 'done') return;
      }
      throw brokeOff('The backend ended its answer before it was done.');
    } catch (failure) {
      if (broken !== undefined || signal.aborted) throw failure;
      broken = failure;
    }
  }
}

function freshOf(once: Once, line: GenerateLine): GenerateLine | undefined {
  try {
    return once.fresh(line);
  } catch (failure) {
    throw brokeOff('The backend told a candidate in pieces that do not join.', failure);
  }
}

async function* checked<Schema extends z.ZodType>(
  response: Response,
  schema: Schema,
  signal: AbortSignal,
): AsyncGenerator<z.output<Schema>> {
  try {
    for await (const line of lines(response.body)) {
      const result = schema.safeParse(JSON.parse(line));
      if (!result.success) throw brokeOff('The backend answered a line that is not of the protocol.');
      yield result.data;
    }
  } catch (failure) {
    throw lost(failure, signal);
  }
}

async function call({ url, key, fetch }: GpuBackendOptions, path: string, init: RequestInit): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key) headers.authorization = `Bearer ${key}`;
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, { ...init, headers, redirect: 'manual' });
  } catch (failure) {
    if (init.signal?.aborted) throw cut(failure);
    throw new WinnowError('backend_unreachable', 'The backend cannot be reached. Is it running?', { cause: failure });
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function parsed<Schema extends z.ZodType>(
  response: Response,
  schema: Schema,
  signal: AbortSignal,
): Promise<z.output<Schema>> {
  try {
    return schema.parse(await response.json());
  } catch (failure) {
    throw lost(failure, signal);
  }
}

/** The backend's own error object, said as ours where it is about something that the caller gave. */
async function refusal(response: Response): Promise<WinnowError> {
  const body: unknown = await response.json().catch(() => undefined);
  const { code, message, param } = (body as { error?: Record<string, unknown> } | undefined)?.error ?? {};
  const retryAfter = Number(response.headers.get('retry-after'));
  if (typeof code === 'string' && isErrorCode(code) && typeof message === 'string') {
    const wait = retryAfter > 0 ? retryAfter : code === 'rate_limit_exceeded' ? 1 : undefined;
    const said = saidToCaller({ code, message, param: typeof param === 'string' ? param : null, retryAfter: wait });
    if (said) return said;
  }
  if (response.status === 503) return new WinnowError('backend_unreachable', 'The backend is not ready yet.');
  return new WinnowError('backend_error', `The backend answered with status ${response.status}.`, { cause: body });
}

const lost = (failure: unknown, signal: AbortSignal): unknown => {
  if (failure instanceof WinnowError) return failure;
  if (signal.aborted) return cut(failure);
  return brokeOff('The backend broke off in the middle of its answer.', failure);
};

const brokeOff = (message: string, cause?: unknown): WinnowError =>
  new WinnowError('backend_error', message, { cause, mayHaveSpent: true });

const cut = (cause: unknown): WinnowError =>
  new WinnowError('deadline_exceeded', 'The backend did not answer in time.', { cause, mayHaveSpent: true });
