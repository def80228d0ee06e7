/** The Winnow that is measured: one of our own on free ports, or the one at WINNOW_URL. Everything goes over HTTP. */
import type { z } from 'zod';
import { ask } from '../../bin/ask.ts';
import { startWinnow } from '../../bin/running.ts';
import { CannotStart, type Environment } from '../../bin/settings.ts';
import { rewardList } from '../../schemas/models.ts';
import { runAnswer } from '../../schemas/run.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { digest } from './digest.ts';

const TIMEOUT_MS = 120_000; // twice the cap of one request: longer is a hang

export interface Winnow {
  /** Changes with what the models answer, so that measurements of two sets of weights never mix. */
  readonly identity: string;
  readonly outputs: Readonly<Record<string, 'logit' | 'probability' | 'unknown'>>;
  /** Where its own backend answers; undefined where another's Winnow is asked. */
  readonly backendUrl: string | undefined;
  post<Answer>(path: string, body: object, schema: z.ZodType<Answer>, signal: AbortSignal): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * @param timeoutMs  of one request
 * @throws CannotStart where none starts or answers
 */
export async function connect(env: Environment, signal: AbortSignal, timeoutMs = TIMEOUT_MS): Promise<Winnow> {
  const own = env.WINNOW_URL ? undefined : await startOwn(env, signal);
  const url = (env.WINNOW_URL ?? own?.url ?? '').replace(/\/$/, '');
  const [key] = (env.WINNOW_API_KEYS ?? '').split(',');
  const call = caller(url, key ? { authorization: `Bearer ${key}` } : {}, timeoutMs);
  const stop = async () => own?.stop();
  const post: Winnow['post'] = (path, body, schema, aborted) => call(path, schema, aborted, body);
  try {
    const { data } = await call('/v1/rewards', rewardList, signal);
    const outputs = Object.fromEntries(data.map(({ name, output }) => [name, output]));
    return { identity: await identify(post, signal), outputs, backendUrl: own?.backendUrl, post, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const startOwn = (env: Environment, signal: AbortSignal) =>
  startWinnow({ env: { ...env, WINNOW_PORT: '0', WINNOW_BACKEND_PORT: '0' }, output: 'keep', signal });

function caller(url: string, headers: Readonly<Record<string, string>>, timeoutMs: number) {
  return async <Answer>(path: string, schema: z.ZodType<Answer>, signal: AbortSignal, body?: object): Promise<Answer> => {
    const sent = body && JSON.stringify(body);
    const response = await ask(url + path, {
      headers: { ...headers, 'content-type': 'application/json' },
      ...(sent ? { method: 'POST', body: sent } : {}),
      signal,
      timeoutMs,
    }).catch((error: Error) => {
      signal.throwIfAborted();
      throw new CannotStart(`${url}${path} does not answer: ${error.cause ?? error.message}. WINNOW_URL names a running Winnow.`);
    });
    if (response.ok) return schema.parse(await response.json());
    const text = await response.text();
    throw new CannotStart(`${path} answered ${response.status}: ${text.slice(0, 400)}\nSent: ${sent?.slice(0, 400)}`);
  };
}

const PROBE = { model: 'puzzles', prompt: 'Use 3, 7, 12, 20 to make 45.' };

/** A digest of what policy and rewards answer to one request. Three decimals: the last bits of a score depend on its batch. */
async function identify(post: Winnow['post'], signal: AbortSignal): Promise<string> {
  const sampling = { seed: 1, temperature: 1 };
  const run = await post(
    '/v1/best-of-n',
    { ...PROBE, n: 4, rewards: ['outcome'], sampling, return: { candidates: 'all' } },
    runAnswer,
    signal,
  );
  const texts = run.candidates!.map(({ text }) => text!); // `all` returns both
  const said: unknown[] = [run.system_fingerprint, texts];
  for (const reward of ['outcome', 'process']) {
    const { data } = await post('/v1/score', { ...PROBE, candidates: texts, rewards: [reward] }, scoreAnswer, signal);
    said.push(data.map(({ scores }) => (scores[reward]?.ok ? scores[reward].value.toFixed(3) : null)));
  }
  return digest(said);
}
