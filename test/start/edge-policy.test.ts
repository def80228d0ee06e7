/**
 * Best-of-N, rerank, score and select in workerd with no backend of ours: a server that speaks OpenAI's API writes, and the
 * embedded rewards read inside the Worker.
 */
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { root } from '../../bin/settings.ts';
import { jinaAnswer } from '../../schemas/rerank.ts';
import { scoreAnswer } from '../../schemas/score.ts';
import { chatServer } from '../http/chat-server.ts';
import { configured } from '../http/configured.ts';

const prompt = 'Use 3, 7, 12, 20 to make 45.';
const messages = [{ role: 'user', content: prompt }];
const RIGHT = '20 - 12 = 8 | 3 7 8\n8 + 7 = 15 | 3 15\n15 * 3 = 45 | 45';
const answers = [
  '20 + 12 = 32 | 3 7 32\n32 + 7 = 39 | 3 39\n39 + 3 = 42 | 42',
  '20 - 12 = 8 | 3 7 8\n7 * 8 = 56 | 3 56\n56 - 3 = 53 | 53',
  RIGHT,
  '20 * 12 = 240 | 3 7 240\n240 / 3 = 80 | 7 80\n80 - 7 = 73 | 73',
];

let next = 0;
/** Answers each chat with the next of `answers`, `n` of them at once. */
const policy = await chatServer(({ n = 1 }) => {
  const choices = Array.from({ length: n }, (_, index) => {
    const content = answers[next++ % answers.length]!;
    return { index, finish_reason: 'stop', message: { role: 'assistant', content } };
  });
  return { choices, usage: { prompt_tokens: 20, completion_tokens: 40 * n, total_tokens: 20 + 40 * n } };
});
afterAll(() => policy.close());
beforeEach(() => void policy.paths.splice(0));

const at = (name: string) => ({ path: join(root, 'gpu-backend', 'weights', name) });
const winnow = configured({
  default_policy: 'writer',
  backends: { edge: { kind: 'edge_onnx' }, writer: { kind: 'openai', url: policy.url, stream: false } },
  policies: {
    writer: {
      backend: 'writer',
      model: 'served',
      step: { delimiter: '\n', max_tokens: 64, typical_tokens: 16 },
      sampling: { max_tokens: 160 },
      typical_tokens: 48,
      rewards: ['outcome'],
    },
  },
  rewards: {
    outcome: { kind: 'classifier', backend: 'edge', model: 'outcome', output: 'logit' },
    steps: { kind: 'process', backend: 'edge', model: 'process', output: 'probability', reduction: 'min' },
    short: { kind: 'rule', checks: [{ check: 'length', unit: 'lines', max: 3 }] },
  },
  models: { outcome: at('outcome'), process: at('process') },
});

const post = async (path: string, body: unknown): Promise<unknown> => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${winnow.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
};

test('nothing but the Worker runs', () => {
  expect(winnow.backendUrl).toBeUndefined();
});

test('best-of-n: the server writes, the Worker reads, and the right one is chosen', async () => {
  const answer = await post('/v1/best-of-n', { messages, n: 4, rewards: ['outcome'] });
  expect(answer).toMatchObject({ choice: { message: { content: RIGHT } } });
  expect(new Set(policy.paths)).toEqual(new Set(['/v1/chat/completions'])); // the first probes whether `n` is known
});

test('best-of-n by steps and a rule together', async () => {
  const answer = await post('/v1/best-of-n', { messages, n: 4, rewards: ['steps', 'short'] });
  expect(answer).toMatchObject({ choice: { message: { content: RIGHT } } });
});

test('a chat of OpenAI with a best-of-n model is answered so', async () => {
  const answer = await post('/v1/chat/completions', { model: 'writer@best_of_n:4', messages });
  expect(answer).toMatchObject({ choices: [{ message: { content: RIGHT } }] });
});

test('score and rerank ask nobody', async () => {
  const scored = scoreAnswer.parse(await post('/v1/score', { prompt, candidates: answers, rewards: ['outcome', 'steps'] }));
  const of = (name: string) => scored.data.map(({ scores }) => (scores[name]?.ok ? scores[name].value : Number.NaN));
  for (const name of ['outcome', 'steps']) expect(Math.max(...of(name))).toBe(of(name)[answers.indexOf(RIGHT)]);
  const ranked = jinaAnswer.parse(await post('/v1/rerank', { model: 'outcome', query: prompt, documents: answers }));
  expect(ranked.results[0]!.index).toBe(answers.indexOf(RIGHT));
  expect(policy.paths).toEqual([]);
});

test('select asks nobody either', async () => {
  const scores = await post('/v1/score', { prompt, candidates: answers, rewards: ['outcome'] });
  const { data } = scoreAnswer.parse(scores);
  const candidates = answers.map((text, index) => {
    const score = data[index]!.scores.outcome!;
    return { text, scores: { outcome: score.ok ? score.value : Number.NaN } };
  });
  const answer = await post('/v1/select', { candidates, selection: 'argmax' });
  expect(answer).toMatchObject({ choice: { text: RIGHT } });
  expect(policy.paths).toEqual([]);
});

test('what needs a backend of ours says so before anything is spent', async () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ messages, n: 2, rewards: ['nothing-like-it'] });
  const response = await fetch(`${winnow.url}/v1/best-of-n`, { method: 'POST', headers, body });
  expect(response.status).toBe(404);
  expect(policy.paths).toEqual([]);
});
