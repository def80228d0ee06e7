import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../../gpu-backend/backend.ts';
import type { LogprobsResponse } from '../../../schemas/logprobs.ts';
import { errorOf, generateBody, lines, post, puzzle, startShipped } from '../served.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await startShipped();
});
afterAll(() => backend.close());

const ask = (changes: object) =>
  post(`${backend.url}/logprobs`, { model: 'puzzle-policy', prompt: puzzle, continuations: [], deadline_ms: 5000, ...changes });

test('a written candidate, measured, has the log-probabilities that it was written with', async () => {
  const written = await lines(await post(`${backend.url}/generate`, generateBody({ top_logprobs: 2, seed: 4 })));
  const candidate = written.find((line) => line.type === 'candidate')!;
  if (candidate.type !== 'candidate') throw new Error('No candidate came.');
  const { text, tokens, logprob, logprobs } = candidate;
  const response = await ask({ continuations: [{ id: 'x', text, tokens }], top_logprobs: 2, entropy: true });
  const { results, usage } = (await response.json()) as LogprobsResponse;
  const [result] = results;
  if (!result?.ok) throw new Error('It failed.');
  expect(result.logprob).toBeCloseTo(logprob!, 3);
  for (const [place, told] of result.logprobs.entries()) {
    expect(told.logprob).toBeCloseTo(logprobs![place]!.logprob, 4);
    expect(told.entropy).toBeGreaterThanOrEqual(0);
  }
  expect(usage.completion_tokens).toBe(0);
});

test('answers: probabilities of the next token, and their shares', async () => {
  const response = await ask({ continuations: [{ id: 'x', text: '' }], answers: ['1', '2', '3'] });
  const { results } = (await response.json()) as LogprobsResponse;
  const [result] = results;
  if (!result?.ok) throw new Error('It failed.');
  expect(result.answers.map(({ share }) => share).reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
  const whole = result.answers.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
  expect(whole).toBeLessThanOrEqual(1 + 1e-6);
  expect(result.answers[0]!.share).toBeCloseTo(Math.exp(result.answers[0]!.logprob) / whole, 6);
});

test.each([
  { name: 'no continuation', changes: { continuations: [] }, says: [400, 'invalid_value', 'continuations'] },
  { name: 'an answer of two tokens', changes: { answers: ['12'] }, says: [400, 'invalid_value', 'answers[0]'] },
  { name: 'an id that the model lacks', changes: { answers: [99_999] }, says: [400, 'invalid_value', 'answers[0]'] },
  { name: 'an unknown model', changes: { model: 'x' }, says: [404, 'model_not_found', 'model'] },
  {
    name: 'a text longer than the context',
    changes: { continuations: [{ id: 'a', text: '1'.repeat(100_000) }] },
    says: [400, 'context_length_exceeded', 'continuations[0]'],
  },
])('$name is refused', async ({ changes, says }) => {
  const response = await ask({ continuations: [{ id: 'x', text: '1' }], ...changes });
  const { code, param } = await errorOf(response);
  expect([response.status, code, param]).toEqual(says);
});
