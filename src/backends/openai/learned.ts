import type { GenerateRequest } from '../../../schemas/backend.ts';
import type { OpenAiConfig } from '../../../schemas/config.ts';
import { WinnowError } from '../../../schemas/errors.ts';
import type { Answers } from './answers.ts';
import { bodyOf } from './body.ts';
import type { Server, Until } from './call.ts';
import { ask } from './call.ts';
import { endOf } from './finish.ts';
import type { Job } from './job.ts';

/** What was learnt of a server by its answers, kept as long as the process is: no request's own data. */
export interface Learned {
  /** Whether one request gives several answers, and its usage is of all of them. */
  several?: boolean;
}

const PROBE_TOKENS = 8; // enough that two answers at temperature 1 are not equal by chance
const PROBE_PROMPT = 'Write one sentence about anything.';

/**
 * Whether one request may ask for several answers. Where the config does not say, the server is asked once for two short
 * ones; where that is not to be had, candidates are asked for one by one this time.
 */
export async function severalAtOnce(
  server: Server,
  config: OpenAiConfig,
  learned: Learned,
  request: GenerateRequest,
  until: Until,
): Promise<boolean> {
  if (!request.prefixes.some(({ count }) => count > 1)) return false;
  if (learned.several === false) return false;
  if (config.n !== undefined) return config.n;
  const probed = learned.several ?? (await probeSeveral(server, config, request, until));
  if (probed !== undefined) learned.several = probed;
  return probed ?? false;
}

/** Undefined where the answer says nothing of it: a busy server, a wrong key. */
async function probeSeveral(
  server: Server,
  config: OpenAiConfig,
  request: GenerateRequest,
  until: Until,
): Promise<boolean | undefined> {
  const prompt =
    'text' in request.prompt ? { text: PROBE_PROMPT } : { messages: [{ role: 'user' as const, content: PROBE_PROMPT }] };
  const sampling = { ...request.sampling, temperature: 1, top_p: 1, top_k: 0, min_p: 0, stop: [] };
  const job: Job = { ids: ['0.0', '0.1'], parent: '0', before: '', resumed: false, maxTokens: PROBE_TOKENS, seed: 1 };
  const probe: GenerateRequest = {
    key: 'probe',
    model: request.model,
    prompt,
    prefixes: [],
    until: 'end',
    step: request.step,
    sampling,
    seed: 1,
    deadline_ms: 1,
  };
  const asked = bodyOf(probe, job, { ...config, stream: false });
  try {
    const { answers } = await ask(
      server,
      asked,
      { prompt, model: request.model, path: asked.path, keyName: server.keyName, key: server.key },
      0,
      until,
    );
    return givesSeveral(answers, PROBE_TOKENS);
  } catch (failure) {
    if (!(failure instanceof WinnowError)) throw failure;
    return failure.code === 'backend_error' && /status (400|422)\b/.test(failure.message) ? false : undefined;
  }
}

/** Two answers that differ, and a total that holds both: some servers repeat one, and llama.cpp's usage is of one alone. */
export function givesSeveral({ choices, usage }: Answers, maxTokens: number): boolean {
  const given = [...choices.values()];
  const [first, second] = given;
  if (given.length !== 2 || first!.text === second!.text) return false;
  const least = given.reduce((sum, choice) => sum + (endOf(choice) === 'length' ? maxTokens : 1), 0);
  return usage.completion !== null && usage.completion >= least;
}
