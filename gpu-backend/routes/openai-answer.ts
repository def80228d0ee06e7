import type { Context } from 'hono';
import { WinnowError } from '../../schemas/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { streamedAnswer, wholeAnswer } from '../openai/answer.ts';
import type { Asked } from '../openai/asked.ts';
import type { Limits } from '../openai/generate.ts';
import type { Voice } from '../openai/voice.ts';
import { errorBody } from './failure.ts';
import type { OpenAiOptions, Serving } from './serving.ts';

/** The engine that a request names; where it names none, the default one, or the only one. */
export function engineOf({ models }: Serving, model: string | null | undefined, { defaultModel }: OpenAiOptions): Engine {
  if (model != null) return models.engine(model);
  const policies = models.list().flatMap(({ name, kind }) => (kind === 'policy' ? [name] : []));
  const name = policies.find((policy) => policy === defaultModel || policies.length === 1);
  if (name !== undefined) return models.engine(name);
  const message = `model is missing, and this backend has no default. Known: ${policies.join(', ') || 'none'}.`;
  throw new WinnowError('missing_required_parameter', message, { param: 'model' });
}

/** A request that has been read: what it asks, and how it is answered. */
export interface Question {
  readonly engine: Engine;
  readonly asked: Asked;
  /** May read the prompts first. */
  readonly voice: (limits: Limits) => Voice | Promise<Voice>;
}

/** Answers whole or streamed. A client that leaves ends the work; refusals for want of room are counted. */
export async function answer(c: Context, { engine, asked, voice }: Question, options: OpenAiOptions): Promise<Response> {
  const limits = { signal: c.req.raw.signal, maxTimeMs: options.maxTimeMs };
  try {
    const answering = { ...limits, engine, asked, voice: await voice(limits), errorBody };
    return asked.stream ? streamedAnswer(answering) : await wholeAnswer(answering);
  } catch (thrown) {
    if (limits.signal.aborted) return new Response(null, { status: 499 }); // nobody reads it
    if (thrown instanceof WinnowError && thrown.code === 'rate_limit_exceeded') options.metrics.rejected(engine.model.name);
    throw thrown;
  }
}
