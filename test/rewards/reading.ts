/** A reward kind that reads models, driven over readings that are functions, or over real models in this process. */
import type { Prompt } from '../../schemas/backend.ts';
import { type AnswerConfig, config as configSchema, rewardConfig } from '../../schemas/config.ts';
import { WinnowError } from '../../schemas/errors.ts';
import type { LogprobsResponse, MeasuredContinuation } from '../../schemas/logprobs.ts';
import { splitSteps } from '../../src/answers/steps.ts';
import type { BackendPort } from '../../src/backends/port.ts';
import type { Prefix, ReadOperation, ReadResult, SampleOperation, Score } from '../../src/operation.ts';
import { kindOf, namedReward } from '../../src/rewards/registry.ts';
import { Log } from '../../src/runtime/log.ts';
import { run } from '../../src/runtime/run.ts';
import { asking } from '../performing.ts';

const gpu = { kind: 'gpu_backend', url: 'http://127.0.0.1:1' };
const policy = (backend: string) => ({ backend, model: 'policy', sampling: { max_tokens: 100 }, typical_tokens: 50 });
export const lookup = configSchema.parse({
  default_policy: 'writer',
  backends: {
    local: gpu,
    other: { kind: 'openai', url: 'http://127.0.0.1:2/v1' },
    silent: { kind: 'openai', url: 'http://127.0.0.1:3/v1', accepts: ['seed'] },
    edge: { kind: 'edge_onnx' },
  },
  policies: { writer: policy('local'), other: policy('other'), silent: policy('silent') },
});

type Tells = (operation: ReadOperation) => ReadResult | Promise<ReadResult>;

export interface Given {
  readonly options?: object;
  readonly prompt?: Prompt;
  readonly references?: readonly string[];
  readonly answer?: AnswerConfig | null;
  readonly policy?: string;
  readonly tells?: Tells;
}

export interface Read {
  readonly scores: readonly Score[];
  readonly reads: readonly ReadOperation[];
}

function taskOf(entry: object, { options = {}, references = [], answer = null, policy = 'writer' }: Given) {
  const config = rewardConfig.parse(entry);
  const kind = kindOf(config);
  const named = namedReward('reader', { reader: kind.options.parse(options) }, { ...lookup, rewards: { reader: config } });
  return { kind, named, subject: { policy, answer, references, seed: 7 } };
}

/** Candidates as the kind sees them: a text's steps end with newlines. */
const prefixes = (candidates: readonly (string | Partial<Prefix>)[]): Prefix[] =>
  candidates.map((given, place) => {
    const { text = '', ...more } = typeof given === 'string' ? { text: given } : given;
    return { id: `0.${place}`, text, steps: splitSteps(text, { delimiter: '\n' }), tokenCount: 1, ...more };
  });

/** Has the candidates scored by an entry of the config. */
export async function readBy(entry: object, candidates: readonly (string | Partial<Prefix>)[], given: Given = {}): Promise<Read> {
  const { kind, named, subject } = taskOf(entry, given);
  const { prompt = { text: 'question' }, tells = () => ({ ok: false, reason: 'unasked' }) } = given;
  const reads: ReadOperation[] = [];
  const perform = {
    ...asking(async (operation: SampleOperation | ReadOperation) => {
      if (operation.kind !== 'read') throw new Error('These rewards sample nothing.');
      reads.push(operation);
      return { kind: 'read' as const, result: await tells(operation) };
    }),
    scoring: () => {
      throw new Error('These rewards ask no other reward.');
    },
    atOnce: () => true,
    tell: () => {},
  };
  return {
    scores: await run(kind.score({ ...named, prompt, candidates: prefixes(candidates), subject }), perform, new Log()),
    reads,
  };
}

/** The error that such a request is refused with; null where it is served. */
export function refusal(entry: object, given: Given = {}): WinnowError | null {
  const { kind, named, subject } = taskOf(entry, given);
  try {
    kind.refuse(named, subject, 'rewards');
    return null;
  } catch (error) {
    if (error instanceof WinnowError) return error;
    throw error;
  }
}

/** What a kind says of itself: its scale and what its scores depend on. */
export function said(entry: object, given: Given = {}) {
  const { kind, named } = taskOf(entry, given);
  return { ...kind.scale(named), dependsOn: kind.dependsOn(named), topLogprobs: kind.topLogprobs(named.config) };
}

/** Readings by the models of a backend in this process. */
export function throughPort(port: BackendPort): Tells {
  const signal = new AbortController().signal;
  let keys = 0;
  return async ({ reading, request }) => {
    const body = { ...request, key: `k${keys++}`, deadline_ms: 20_000 } as never; // each port reads its own members
    try {
      const response = await (reading === 'score' ? port.score(body, signal) : port[reading]!(body, signal));
      return { ok: true, response };
    } catch (error) {
      if (error instanceof WinnowError) return { ok: false, reason: error.code };
      throw error;
    }
  };
}

const usage = { prompt_tokens: 3, completion_tokens: 0, processed: 9, cached: 0, unique: 9 };

/** What a backend says of texts: one measurement each, by the number of its reading and its place. */
export const measuring =
  (measure: (text: string, operation: ReadOperation<'logprobs'>, place: number) => Partial<MeasuredContinuation>): Tells =>
  (operation) => {
    const asked = operation as ReadOperation<'logprobs'>;
    const results = asked.request.continuations.map(
      ({ id, text }, place) =>
        ({
          id,
          ok: true,
          logprob: 0,
          tokens: [],
          logprobs: [],
          answers: [],
          ...measure(text, asked, place),
        }) as MeasuredContinuation,
    );
    return { ok: true, response: { results, usage } satisfies LogprobsResponse };
  };

/** Tokens of given log-probabilities; their ids count from 0. */
export const tokens = (...logprobs: readonly number[]) => ({
  tokens: logprobs.map((_, place) => place),
  logprobs: logprobs.map((logprob) => ({ token: 't', logprob })),
});

export const numberOf = (score: Score | undefined): number => {
  if (!score?.ok) throw new Error(`No score: ${JSON.stringify(score)}`);
  return score.value;
};
export const reasonOf = (score: Score | undefined): string =>
  score && !score.ok ? score.reason : `scored: ${JSON.stringify(score)}`;
