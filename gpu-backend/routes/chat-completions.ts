import type { Handler } from 'hono';
import { backendChatRequest } from '../../schemas/completions.ts';
import { askedOfChat } from '../openai/asked.ts';
import { chatVoice } from '../openai/voice.ts';
import { body } from './body.ts';
import { answer, engineOf } from './openai-answer.ts';
import type { OpenAiOptions, Serving } from './serving.ts';

/** POST /v1/chat/completions: one policy for any OpenAI client, without the edge and its methods. */
export const chatCompletions =
  (serving: Serving, options: OpenAiOptions): Handler =>
  async (c) => {
    const request = await body(c, backendChatRequest, options.maxBodyBytes);
    const engine = engineOf(serving, request.model, options);
    const asked = askedOfChat(engine, request);
    return answer(c, { engine, asked, voice: () => chatVoice(asked) }, options);
  };
