import type { Handler } from 'hono';
import { completionRequest } from '../../schemas/completions.ts';
import { askedOfCompletion } from '../openai/asked.ts';
import { echoesOf } from '../openai/echo.ts';
import type { Limits } from '../openai/generate.ts';
import { completionVoice } from '../openai/voice.ts';
import { body } from './body.ts';
import { answer, engineOf } from './openai-answer.ts';
import type { OpenAiOptions, Serving } from './serving.ts';

/** POST /v1/completions: texts or ids of tokens, continued. */
export const completions =
  (serving: Serving, options: OpenAiOptions): Handler =>
  async (c) => {
    const request = await body(c, completionRequest, options.maxBodyBytes);
    const engine = engineOf(serving, request.model, options);
    const asked = await askedOfCompletion(engine, request);
    const voice = async (limits: Limits) => completionVoice(asked, await echoesOf(engine, asked, limits));
    return answer(c, { engine, asked, voice }, options);
  };
