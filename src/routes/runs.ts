/** The three native routes that run a strategy: they differ in their schema and their family alone. */
import type { z } from 'zod';
import { bestOfNRequest } from '../../schemas/best-of-n.ts';
import { critiqueRefineRequest } from '../../schemas/critique-refine.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { RunAnswer } from '../../schemas/run.ts';
import { searchRequest } from '../../schemas/search.ts';
import { drawTree } from '../drawing/search-tree.ts';
import { planAnswer, runAnswer } from '../requests/answer.ts';
import { makeTask } from '../requests/make-task.ts';
import { readPrompt, readReferences } from '../requests/prompt.ts';
import type { TaskRequest } from '../requests/task.ts';
import { ruleSchema } from '../selection/registry.ts';
import { readBody } from './body.ts';
import type { AppContext, Services } from './environment.ts';
import { departure, drawSeed } from './environment.ts';
import { httpFailure } from './failure.ts';
import { runTask } from './run-task.ts';
import type { Voice } from './stream.ts';
import { streamRun } from './stream.ts';

export const bestOfNBody = bestOfNRequest(ruleSchema);
export const searchBody = searchRequest(ruleSchema);
export const critiqueRefineBody = critiqueRefineRequest(ruleSchema);

/** POST /v1/best-of-n. */
export const bestOfN = (services: Services) => async (context: AppContext) => {
  const body = await readBody(context, bestOfNBody, services.config.caps.max_body_bytes);
  const options = body.n === undefined ? {} : { n: body.n };
  return answerRun(context, services, body, { family: 'best_of_n', strategy: undefined, options, optionsPath: '' });
};

/** POST /v1/search. */
export const search = (services: Services) => async (context: AppContext) => {
  const body = await readBody(context, searchBody, services.config.caps.max_body_bytes);
  const { strategy, options = {} } = body;
  return answerRun(context, services, body, { family: 'search', strategy, options, optionsPath: 'options.' });
};

/** POST /v1/critique-refine. */
export const critiqueRefine = (services: Services) => async (context: AppContext) => {
  const body = await readBody(context, critiqueRefineBody, services.config.caps.max_body_bytes);
  const { strategy, options = {} } = body;
  return answerRun(context, services, body, { family: 'critique_refine', strategy, options, optionsPath: 'options.' });
};

type Body = z.infer<typeof bestOfNBody>;

async function answerRun(
  context: AppContext,
  services: Services,
  body: Omit<Body, 'n'>,
  which: Pick<TaskRequest, 'family' | 'strategy' | 'options' | 'optionsPath'>,
): Promise<Response> {
  const drawn = asksForPicture(context, body.stream);
  const request: TaskRequest = {
    ...which,
    model: body.model,
    prompt: readPrompt(body),
    sampling: body.sampling ?? {},
    rewards: body.rewards,
    references: readReferences(body.reference),
    selection: body.selection,
    budget: body.budget,
    execution: body.execution,
    step: body.step,
    returns: drawn ? { candidates: 'none', tree: true } : (body.return ?? { candidates: 'scores', tree: false }),
    path: '',
    maxTokensParam: 'sampling.max_tokens',
  };
  const task = makeTask(request, services.config, drawSeed);
  if (body.dry_run) return context.json(planAnswer(task));
  const { signal, abort } = departure(context);
  const tellTexts = request.returns.candidates === 'all';
  const work = async (listen: Parameters<Parameters<typeof streamRun>[1]>[0]) =>
    runAnswer(await runTask(context, services, task, { signal, listen, tellTexts }));
  if (body.stream) return streamRun(context, work, nativeVoice(), abort);
  const answer = await work(() => {});
  return drawn ? picture(answer) : context.json(answer);
}

/** `?format=svg` answers the tree as a picture. */
function asksForPicture(context: AppContext, streamed: boolean): boolean {
  const format = context.req.query('format');
  if (format === undefined || format === 'json') return false;
  if (format !== 'svg')
    throw new WinnowError('unsupported_value', `format is ${quoted(format)}. Served: json, svg.`, { param: 'format' });
  if (streamed)
    throw new WinnowError('invalid_value', 'A picture cannot be streamed: leave out stream, or format.', { param: 'format' });
  return true;
}

function picture({ strategy, model, tree = [] }: RunAnswer): Response {
  const headers = { 'content-type': 'image/svg+xml; charset=utf-8' };
  return new Response(drawTree(tree, `${strategy}, ${model}`), { headers });
}

/** Native events: the name as the SSE event, JSON as its data, ids counting from 1; ends after `result` or `error`. */
export function nativeVoice(): Voice<unknown> {
  let id = 0;
  const said = (event: string, data: unknown) => ({ event, data: JSON.stringify(data), id: String(++id) });
  return {
    event: (stream, { name, data }) => stream.writeSSE(said(name, data)),
    result: (stream, result) => stream.writeSSE(said('result', result)),
    failure: (stream, thrown) => stream.writeSSE(said('error', httpFailure(thrown).body)),
  };
}
