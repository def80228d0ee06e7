import type { SSEStreamingApi } from 'hono/streaming';
import type { ChatAnswer } from '../../schemas/chat-completions.ts';
import { chatRequest } from '../../schemas/chat-completions.ts';
import { planAnswer } from '../requests/answer.ts';
import type { ChatBody } from '../requests/chat.ts';
import { chatAnswer, chatTask, isScaled, refuseMoreThanDrawn, unread } from '../requests/chat.ts';
import { makeTask } from '../requests/make-task.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure, drawSeed } from './environment.ts';
import { httpFailure } from './failure.ts';
import { runTask } from './run-task.ts';
import type { Voice } from './stream.ts';
import { streamRun } from './stream.ts';

export const chatBody = chatRequest(ruleSchema);

/** POST /v1/chat/completions: any OpenAI client; `winnow`, a recipe or POLICY@STRATEGY:INTEGER turns scaling on. */
export const chatCompletions = (services: Services) => async (context: AppContext) => {
  const { config } = services;
  const body: ChatBody = await readBody(context, chatBody, config.caps.max_body_bytes);
  const scaled = isScaled(body, config.recipes);
  const task = makeTask(chatTask(body, scaled), config, drawSeed);
  if (scaled) refuseMoreThanDrawn(body, task);
  if (body.winnow?.dry_run) return context.json(planAnswer(task));
  if (!scaled) context.header('x-winnow-seed', String(task.seed));
  const { signal, abort } = departure(context);
  const warnings = unread(body, chatBody.shape);
  const work = async (listen: Parameters<Parameters<typeof streamRun>[1]>[0]) =>
    chatAnswer(await runTask(context, services, task, { signal, listen, tellTexts: false }), body, scaled, warnings);
  if (!body.stream) return context.json(await work(() => {}));
  return streamRun(context, work, openAiVoice(body.stream_options?.include_usage ?? false), abort);
};

/** The answers as OpenAI chunks, progress before them as comments, `winnow` in the last chunk with a finish reason. */
function openAiVoice(includeUsage: boolean): Voice<ChatAnswer> {
  return {
    event: async (stream, { name, data }) => {
      await stream.write(`: ${name} ${JSON.stringify(data)}\n\n`);
    },
    result: async (stream, answer) => {
      for (const chunk of chunks(answer, includeUsage)) await stream.writeSSE({ data: JSON.stringify(chunk) });
      await stream.writeSSE({ data: '[DONE]' });
    },
    failure: (stream: SSEStreamingApi, thrown) => stream.writeSSE({ data: JSON.stringify(httpFailure(thrown).body) }),
  };
}

function* chunks({ choices, usage, winnow, ...rest }: ChatAnswer, includeUsage: boolean) {
  const head = { ...rest, object: 'chat.completion.chunk', ...(includeUsage ? { usage: null } : {}) };
  for (const [place, { index, message, logprobs, finish_reason }] of choices.entries()) {
    const choice = (delta: object, rest: object = {}) => ({ index, delta, logprobs: null, finish_reason: null, ...rest });
    const last = place === choices.length - 1;
    yield { ...head, choices: [choice({ role: 'assistant', content: '' })] };
    yield { ...head, choices: [choice({ content: message.content }, { logprobs })] };
    yield { ...head, choices: [choice({}, { finish_reason })], ...(last && winnow ? { winnow } : {}) };
  }
  if (includeUsage) yield { ...head, choices: [], usage };
}
