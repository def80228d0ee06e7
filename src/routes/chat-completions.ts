import { chatRequest } from '../../schemas/chat-completions.ts';
import type { ProgressEvent } from '../../schemas/events.ts';
import { planAnswer } from '../requests/answer.ts';
import type { ChatBody } from '../requests/chat.ts';
import { chatAnswer, chatTask, isScaled, refuseMoreThanDrawn, unread } from '../requests/chat.ts';
import { makeTask } from '../requests/make-task.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import { chosenVoice, WrittenVoice } from './chat-voices.ts';
import type { AppContext, Services } from './environment.ts';
import { departure, drawSeed, randomId } from './environment.ts';
import { runTask } from './run-task.ts';
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
  const written = body.stream === true && !scaled;
  const work = async (listen: (event: ProgressEvent) => void) => {
    const audience = { signal, listen, tellTexts: false, tellPieces: written };
    return chatAnswer(await runTask(context, services, task, audience), body, scaled, warnings);
  };
  if (!body.stream) return context.json(await work(() => {}));
  const includeUsage = body.stream_options?.include_usage ?? false;
  if (!written) return streamRun(context, work, chosenVoice(includeUsage), abort);
  const head = { id: randomId('chatcmpl').replace('_', '-'), created: Math.floor(Date.now() / 1000), model: task.model };
  const voice = new WrittenVoice(head, { includeUsage, logprobs: body.logprobs ?? false });
  return streamRun(context, (listen) => work(withoutEmpty(listen)), voice, abort);
};

/** An answer without a token is no sign of life: where all are, there is an error to be told by its HTTP status. */
const withoutEmpty = (listen: (event: ProgressEvent) => void) => (event: ProgressEvent) => {
  if (event.name !== 'candidate' || event.data.tokens > 0) listen(event);
};
