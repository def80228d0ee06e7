import type { Context } from 'hono';
import { WinnowError } from '../../schemas/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { streamedAnswer, wholeAnswer } from '../openai/answer.ts';
import type { Asked } from '../openai/asked.ts';
import type { Voice } from '../openai/voice.ts';
import { errorBody } from './failure.ts';
import type { OpenAiOptions, Serving } from './serving.ts';

/** The engine that a request names, or the default one. */
export function engineOf({ models }: Serving, model: string | null | undefined, { defaultModel }: OpenAiOptions): Engine {
  const name = model ?? defaultModel;
  if (name !== undefined) return models.engine(name);
  throw new WinnowError('missing_required_parameter', 'model is missing, and this backend has no default.', { param: 'model' });
}

/** Answers whole or streamed. A client that leaves ends the work; refusals for want of room are counted. */
export async function answer(
  c: Context,
  { engine, asked, voice }: { engine: Engine; asked: Asked; voice: Voice },
  { maxTimeMs, metrics }: OpenAiOptions,
): Promise<Response> {
  const { signal } = c.req.raw;
  const answering = { engine, asked, voice, errorBody, signal, maxTimeMs };
  try {
    return asked.stream ? streamedAnswer(answering) : await wholeAnswer(answering);
  } catch (thrown) {
    if (signal.aborted) return new Response(null, { status: 499 }); // nobody reads it
    if (thrown instanceof WinnowError && thrown.code === 'rate_limit_exceeded') metrics.rejected(engine.model.name);
    throw thrown;
  }
}
