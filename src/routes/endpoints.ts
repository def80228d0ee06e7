import { chatAnswer } from '../../schemas/chat-completions.ts';
import { evaluateRequest } from '../../schemas/evaluate.ts';
import { evaluateAnswer } from '../../schemas/evaluation.ts';
import { health, modelEntry, modelList, rewardList, strategyList } from '../../schemas/models.ts';
import { cohereAnswer, jinaAnswer, rerankRequest } from '../../schemas/rerank.ts';
import { runAnswer } from '../../schemas/run.ts';
import { scoreAnswer, scoreBody } from '../../schemas/score.ts';
import { selectAnswer } from '../../schemas/select.ts';
import { chatBody, chatCompletions } from './chat-completions.ts';
import type { Endpoint } from './endpoint.ts';
import { evaluate } from './evaluate.ts';
import { healthz, readyz } from './health.ts';
import { listModels, listRewards, listStrategies, oneModel } from './models.ts';
import { openapi } from './openapi.ts';
import { rerankV1, rerankV2 } from './rerank.ts';
import { bestOfN, bestOfNBody, critiqueRefine, critiqueRefineBody, search, searchBody } from './runs.ts';
import { scoreRoute } from './score.ts';
import { select, selectBody } from './select.ts';

/** The only list of endpoints: the app mounts it, keys are asked for by it, /openapi.json is made from it. */
export const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    summary: "OpenAI's chat completions; `winnow`, a recipe or POLICY@STRATEGY:INTEGER turns scaling on.",
    request: chatBody,
    response: chatAnswer,
    streams: true,
    handle: chatCompletions,
  },
  {
    method: 'POST',
    path: '/v1/best-of-n',
    summary: 'Sample n candidates, score them, return the one that a selection rule picks.',
    request: bestOfNBody,
    response: runAnswer,
    streams: true,
    handle: bestOfN,
  },
  {
    method: 'POST',
    path: '/v1/search',
    summary: 'Search over steps, guided by a process reward.',
    request: searchBody,
    response: runAnswer,
    streams: true,
    handle: search,
  },
  {
    method: 'POST',
    path: '/v1/critique-refine',
    summary: 'Write, find what is wrong, write again, keep the best.',
    request: critiqueRefineBody,
    response: runAnswer,
    streams: true,
    handle: critiqueRefine,
  },
  {
    method: 'POST',
    path: '/v1/score',
    summary: 'Scores of given candidates.',
    request: scoreBody,
    response: scoreAnswer,
    handle: scoreRoute,
  },
  {
    method: 'POST',
    path: '/v1/select',
    summary: 'A selection rule over given candidates and scores; no model runs.',
    request: selectBody,
    response: selectAnswer,
    handle: select,
  },
  {
    method: 'POST',
    path: '/v1/evaluate',
    summary: 'How well rewards choose: accuracy by number of samples, optimal N, biases, alarms.',
    request: evaluateRequest,
    response: evaluateAnswer,
    streams: true,
    handle: evaluate,
  },
  {
    method: 'POST',
    path: '/v1/rerank',
    summary: "Rank texts by a reward; Jina's object.",
    request: rerankRequest,
    response: jinaAnswer,
    handle: rerankV1,
  },
  {
    method: 'POST',
    path: '/v2/rerank',
    summary: "Rank texts by a reward; Cohere's object.",
    request: rerankRequest,
    response: cohereAnswer,
    handle: rerankV2,
  },
  { method: 'GET', path: '/v1/models', summary: 'Policies, recipes and rewards.', response: modelList, handle: listModels },
  { method: 'GET', path: '/v1/models/:id{.+}', summary: 'One of them.', response: modelEntry, handle: oneModel },
  {
    method: 'GET',
    path: '/v1/rewards',
    summary: 'Rewards, with the schema of their options.',
    response: rewardList,
    handle: listRewards,
  },
  {
    method: 'GET',
    path: '/v1/strategies',
    summary: 'Strategies and selection rules, with the schema of their options.',
    response: strategyList,
    handle: listStrategies,
  },
  { method: 'GET', path: '/healthz', summary: 'The edge answers.', open: true, response: health, handle: healthz },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Every backend answers; 503 where one does not.',
    open: true,
    response: health,
    handle: readyz,
  },
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    open: true,
    response: null,
    handle: () => openapi(endpoints),
  },
];
