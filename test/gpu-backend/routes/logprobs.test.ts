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
  const { results, usage, fingerprint } = (await response.json()) as LogprobsResponse;
  expect(written.at(-1)).toMatchObject({ type: 'done', fingerprint });
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

const measured = async (changes: object) => ((await (await ask(changes)).json()) as LogprobsResponse).results;

test('self-certainty stands beside entropy, and is of the whole vocabulary (methods A.9)', async () => {
  const text = '20 + 12 = 32 | 3 7 32';
  const changes = { continuations: [{ id: 'x', text }], top_logprobs: 20, entropy: true, self_certainty: true };
  const [result] = await measured(changes);
  if (!result?.ok) throw new Error('It failed.');
  for (const { self_certainty: certainty, entropy, top } of result.logprobs) {
    // of 32 tokens the 20 most likely are told: the others are no likelier than the last of them
    const vocabulary = 32;
    const known = top!.reduce((sum, { logprob }) => sum - logprob, 0);
    const least = (known - (vocabulary - 20) * top!.at(-1)!.logprob) / vocabulary - Math.log(vocabulary);
    expect(certainty).toBeGreaterThanOrEqual(least - 1e-4);
    expect(entropy).toBeLessThanOrEqual(Math.log(vocabulary) + 1e-6);
  }
  const [without] = await measured({ continuations: [{ id: 'x', text }] });
  expect(without?.ok && without.logprobs[0]).not.toHaveProperty('self_certainty');
});

test('where steps end among the tokens; steps that are not the text are refused', async () => {
  const steps = ['20 + 12 = 32 | 3 7 32\n', '32 - 7 = 25 | 3 25\n', '', '25'];
  const [result] = await measured({ continuations: [{ id: 'x', text: steps.join(''), steps }] });
  if (!result?.ok) throw new Error('It failed.');
  const read = result.step_ends!.map((end) =>
    result.logprobs
      .slice(0, end)
      .map(({ token }) => token)
      .join(''),
  );
  expect(read).toEqual(steps.map((_, step) => steps.slice(0, step + 1).join('')));
  expect(result.step_starts).toEqual([0, ...result.step_ends!.slice(0, -1)]);
  const response = await ask({ continuations: [{ id: 'x', text: '12', steps: ['1', '3'] }] });
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_value', param: 'continuations[0].steps' });
});

test('a token that holds characters of two steps is in both', async () => {
  const steps = ['20 ', '+ 12']; // this model has one token for " + "
  const [result] = await measured({ continuations: [{ id: 'x', text: steps.join(''), steps }] });
  if (!result?.ok) throw new Error('It failed.');
  expect(result.logprobs.map(({ token }) => token)).toContain(' + ');
  expect(result.step_starts![1]).toBe(result.step_ends![0]! - 1);
});

test('a text that is too long, has a character or a special token of its own, fails alone', async () => {
  const texts = ['1', '1'.repeat(100_000), 'Ω', '1<eos>', '2'];
  const results = await measured({ continuations: texts.map((text) => ({ id: text.slice(0, 5), text })) });
  expect(results.map(({ id, ok }) => [id, ok])).toEqual([
    ['1', true],
    ['11111', false],
    ['Ω', false],
    ['1<eos', false],
    ['2', true],
  ]);
  const [alone] = await measured({ continuations: [{ id: 'x', text: '2' }] });
  expect(results[4]).toMatchObject({ logprob: alone?.ok ? expect.closeTo(alone.logprob, 4) : null });
});

test('spellings of one answer count together, those of several tokens not at all', async () => {
  const response = await ask({ continuations: [{ id: 'x', text: '' }], answers: ['1', '2', ['1', '2', '12', '1']] });
  const { results } = (await response.json()) as LogprobsResponse;
  const [result] = results;
  if (!result?.ok) throw new Error('It failed.');
  const [one, two, both] = result.answers.map(({ logprob }) => Math.exp(logprob));
  expect(both).toBeCloseTo(one! + two!, 9);
  expect(result.answers[2]!.token).toBe(result.answers[0]!.token);
});

test.each([
  { name: 'no continuation', changes: { continuations: [] }, says: [400, 'invalid_value', 'continuations'] },
  { name: 'an answer of two tokens', changes: { answers: ['12'] }, says: [400, 'invalid_value', 'answers[0]'] },
  {
    name: 'an answer without a spelling of one token',
    changes: { answers: [['12', '34']] },
    says: [400, 'invalid_value', 'answers[0]'],
  },
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
