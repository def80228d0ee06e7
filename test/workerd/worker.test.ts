/** The Worker inside the Workers runtime, by the entry and the settings of wrangler.toml. */
import { exports } from 'cloudflare:workers';
import { expect, test } from 'vitest';

const post = (path: string, body: string) => {
  const headers = { 'content-type': 'application/json' };
  return exports.default.fetch(new Request(`http://winnow${path}`, { method: 'POST', headers, body }));
};

test('it loads, with the config of the repository, and answers', async () => {
  expect((await exports.default.fetch('http://winnow/healthz')).status).toBe(200);
  const models = await exports.default.fetch('http://winnow/v1/models');
  expect(JSON.stringify(await models.json())).toContain('"puzzles"');
});

test('a selection needs no backend: the highest score wins', async () => {
  const candidates = [0.2, 0.9, 0.5].map((value) => ({ text: `scored ${value}`, scores: { outcome: value } }));
  const answer = await post('/v1/select', JSON.stringify({ candidates, selection: 'argmax' }));
  expect(await answer.json()).toMatchObject({ choice: { index: 1, text: 'scored 0.9' } });
});

test('a body that is not JSON is refused with the error object of OpenAI', async () => {
  const answer = await post('/v1/select', '{"candidates": ');
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
});
