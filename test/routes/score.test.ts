import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { json } from '../requests/config.ts';
import { serve } from './served.ts';

const config = loadConfig({
  ...json,
  recipes: {
    ...json.recipes,
    pieces: { model: 'writer', strategy: 'beam_search', rewards: ['process'], step: { delimiter: ';' } },
  },
});

test.each([
  { body: { model: 'writer' }, rewards: ['outcome'], steps: [undefined] },
  { body: { model: 'pieces' }, rewards: ['process'], steps: [['a\nb;', 'c']] },
  { body: { model: 'pieces', rewards: ['outcome'] }, rewards: ['outcome'], steps: [undefined] },
  { body: { model: 'careful' }, rewards: ['outcome'], steps: [undefined] },
])('$body: the recipe’s rewards and steps, under those of the body, before the policy’s', async ({ body, rewards, steps }) => {
  const { backend, post } = serve({ config });
  const answer = await post('/v1/score', { prompt: 'question', candidates: ['a\nb;c'], ...body });
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body.data[0].scores)).toEqual(rewards);
  expect(backend.scoreRequests.flatMap(({ candidates }) => candidates.map((one) => one.steps))).toEqual(steps);
});
